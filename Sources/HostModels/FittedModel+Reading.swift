public import DataFiles
internal import Foundation
internal import GEMMTiming

extension FittedModel {
  /// Reads the models of a JSON file that ``json(_:)`` wrote.
  ///
  /// - Throws: `FileError` with line and column for any other file and any other version.
  public static func models(contentsOf path: String) throws(FileError) -> [FittedModel] {
    try models(JSONDocument(contentsOf: path))
  }

  /// Interprets a JSON document as fitted models.
  ///
  /// - Throws: `FileError` with line and column of the value that is not as it should be.
  public static func models(_ document: JSONDocument) throws(FileError) -> [FittedModel] {
    let root = document.root
    let format = try root.required("format")
    guard try format.string() == formatName else {
      throw format.error("is not a fitted model", remedy: "a file that `gemmcast fit` wrote is expected")
    }
    let version = try root.required("version")
    guard try version.integer() == formatVersion else {
      throw version.error(
        "is version \(try version.integer()) of the format", remedy: "version \(formatVersion) is expected; fit again")
    }
    let list = try root.required("models")
    var models: [FittedModel] = []
    for value in try list.array() { models.append(try FittedModel(value)) }
    guard !models.isEmpty else { throw list.error("holds no models", remedy: "fit again") }
    return models
  }

  private init(_ value: JSONValue) throws(FileError) {
    let structure = try Self.structure(value.required("structure"))
    let table = try value.required("rows")
    let (rows, points) = try Self.rows(table)
    guard
      let asymptote = try Self.asymptote(
        value.required("asymptote"), rows: rows, elementSize: structure.elementSize)
    else { throw table.error("has no rows", remedy: "fit again") }
    let group = try Self.group(value)
    self.init(
      group: group, ceilings: try Self.ceilings(value.required("ceilings")),
      rooflineShape: try Self.roofline(value.required("roofline")),
      crossValidation: CrossValidation(folds: try value.required("folds").integer(), points: points), rows: rows,
      structure: structure,
      remainder: try Self.remainder(value["remainder"], rows: rows, structure: structure),
      intervals: try Self.intervals(value.required("intervals"), rows: rows, points: points),
      streaming: try Self.streaming(value["streaming"]), passes: try Self.passes(value["passes"]), asymptote: asymptote,
      operands: try Self.operands(value["operands"], beside: group, structure: structure))
  }

  /// The rows of a fit, and what was said of them unseen.
  static func rows(
    _ table: JSONValue
  ) throws(FileError) -> (rows: [FitRow], points: [HeldOutPoint]) {
    var rows: [FitRow] = []
    var points: [HeldOutPoint] = []
    for line in try table.array() {
      let fields = try line.array()
      guard fields.count == 9 else {
        throw line.error("the row has \(fields.count) values", remedy: "9 are expected")
      }
      let shape: GEMMShape
      let (m, k, n) = (try fields[0].integer(), try fields[1].integer(), try fields[2].integer())
      do throws(ShapeError) { shape = try GEMMShape(m: m, k: k, n: n) } catch { throw line.error(error.description) }
      let row = FitRow(
        shape: shape, seconds: try seconds(fields[3]),
        noise: fields[4].isNull ? nil : try notNegative(fields[4]), shortest: try seconds(fields[5]))
      rows.append(row)
      points.append(
        HeldOutPoint(
          shape: shape, measured: row.seconds, predicted: try seconds(fields[6]), low: try seconds(fields[7]),
          high: try seconds(fields[8]), noise: row.noise))
    }
    return (rows, points)
  }

  static func intervals(
    _ value: JSONValue, rows: [FitRow], points: [HeldOutPoint]
  ) throws(FileError) -> IntervalModel {
    IntervalModel(
      rows: rows, magnitudes: IntervalModel.magnitudes(rows, points.map { log($0.measured / $0.predicted) }),
      overall: try logScale(value.required("overall")),
      lowQuantiles: try quantiles(value.required("low_quantiles"), in: -largestQuantile...0),
      highQuantiles: try quantiles(value.required("high_quantiles"), in: 0...largestQuantile),
      growth: ExtrapolationGrowth(rate: try number(value.required("growth"), in: 0...1e12)))
  }

  /// One of a set of words; nil for null.
  static func word<Word: RawRepresentable & CaseIterable>(
    _ value: JSONValue
  ) throws(FileError) -> Word? where Word.RawValue == String {
    if value.isNull { return nil }
    if let word = Word(rawValue: try value.string()) { return word }
    let legal = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw value.error("is \(VisibleText.cut(try value.string()))", remedy: "one of \(legal) is expected")
  }

  static func quantiles(_ value: JSONValue, in range: ClosedRange<Double>) throws(FileError) -> [Double] {
    var numbers: [Double] = []
    for element in try value.array() { numbers.append(try number(element, in: range)) }
    guard numbers.count == IntervalModel.classCount else {
      throw value.error("there are \(numbers.count) quantiles", remedy: "\(IntervalModel.classCount) are expected")
    }
    return numbers
  }

  private static func group(_ value: JSONValue) throws(FileError) -> MeasuredGroup {
    let name = try value.required("dtype")
    guard let dtype = DataType(name: try name.string()) else {
      throw name.error("dtype is \(try name.string())", remedy: "one of \(DataType.list) is expected")
    }
    return MeasuredGroup(
      device: try deviceName(value.required("device")), dtype: dtype, threads: try value["threads"]?.integer(),
      cache: try value["cache"].flatMap(word), layout: try word(value.required("layout")) ?? .nn,
      library: try value["library"]?.string(), kernel: try value["kernel"]?.string())
  }

  private static func ceilings(_ value: JSONValue) throws(FileError) -> HostCeilings {
    HostCeilings(
      peakFlops: try positive(value.required("peak_flops")),
      sustainedFlops: try positive(value.required("sustained_flops")),
      peakBandwidth: try value["peak_bandwidth"].map(positive),
      sustainedBandwidth: try value["sustained_bandwidth"].map(positive))
  }

  private static func roofline(_ value: JSONValue) throws(FileError) -> RooflineShape {
    let fractions = [try value.required("compute_fraction"), try value.required("bandwidth_fraction")]
    for fraction in fractions where !(0..<1.0000001).contains(try positive(fraction)) {
      throw fraction.error("the fraction is \(try fraction.double())", remedy: "a number in (0, 1] is expected")
    }
    let sharpness = try value.required("knee_sharpness")
    guard try sharpness.double() >= 1 else {
      throw sharpness.error("the sharpness is \(try sharpness.double())", remedy: "a number of at least 1 is expected")
    }
    return RooflineShape(
      computeFraction: try fractions[0].double(), bandwidthFraction: try fractions[1].double(),
      kneeSharpness: try sharpness.double())
  }

  private static func structure(_ value: JSONValue) throws(FileError) -> StructuralModel {
    StructuralModel(
      elementSize: try number(value.required("element_size"), in: 0.125...64), large: try path(value.required("large")),
      small: try value["small"].map(path), threshold: try notNegative(value.required("threshold")))
  }

  private static func path(_ value: JSONValue) throws(FileError) -> CodePath {
    let depth = try value.required("depth")
    guard try depth.integer() > 0 else {
      throw depth.error("the depth is not positive", remedy: "at least 1 is expected")
    }
    let name = try value.required("rest")
    guard let rest = BlockGeometry.ColumnRest(rawValue: try name.string()) else {
      throw name.error("the rest is \(try name.string())", remedy: "narrowPanels or innerProducts is expected")
    }
    let sharing = try value.required("sharing")
    guard try sharing.integer() > 0 else {
      throw sharing.error("sharing is not positive", remedy: "at least 1 thread is expected")
    }
    let geometry = BlockGeometry(
      rowPanels: try panels(value.required("row_panels")), columnPanels: try panels(value.required("column_panels")),
      depth: try depth.integer(), rest: rest, sharing: try sharing.integer())
    let list = try value.required("coefficients")
    var coefficients: [Double] = []
    for element in try list.array() { coefficients.append(try cost(element)) }
    let count = CodePath.termCount(geometry)
    guard coefficients.count == count else {
      throw list.error("coefficients has \(coefficients.count) values", remedy: "\(count) are expected")
    }
    return CodePath(geometry: geometry, coefficients: coefficients)
  }

  private static func asymptote(
    _ value: JSONValue, rows: [FitRow], elementSize: Double
  ) throws(FileError) -> RooflineAsymptote? {
    let list = try value.required("costs")
    var costs: [Double] = []
    for element in try list.array() { costs.append(try cost(element)) }
    guard costs.count == RooflineAsymptote.termCount, costs.contains(where: { $0 > 0 }) else {
      throw list.error("the costs are \(costs)", remedy: "\(RooflineAsymptote.termCount) are expected, one above 0")
    }
    let depth = try value.required("depth")
    guard try depth.integer() > 0 else {
      throw depth.error("the depth is not positive", remedy: "at least 1 is expected")
    }
    return RooflineAsymptote(
      rows, costs: costs, isFitted: try value.required("fitted").bool(), depth: try depth.integer(),
      isShared: try value.required("shared").bool(), hiding: try positive(value.required("hiding")),
      uncached: try uncached(value["uncached"]), elementSize: elementSize)
  }

  private static func uncached(_ value: JSONValue?) throws(FileError) -> UncachedCost? {
    guard let value, !value.isNull else { return nil }
    func numbers(_ key: String) throws(FileError) -> [Double] {
      var result: [Double] = []
      for element in try value.required(key).array() { result.append(try notNegative(element)) }
      return result
    }
    let (bytes, shares) = (try numbers("bytes"), try numbers("shares"))
    guard bytes.count >= 2, shares.count == bytes.count, bytes[0] > 0,
      zip(bytes, bytes.dropFirst()).allSatisfy(<), zip(shares, shares.dropFirst()).allSatisfy(<=),
      shares.allSatisfy({ $0 <= 1 })
    else {
      throw value.error(
        "uncached does not fit together", remedy: "rising bytes and as many shares up to 1 are expected")
    }
    return UncachedCost(bytes: bytes, shares: shares, cost: try cost(value.required("cost")))
  }

  private static func panels(_ value: JSONValue) throws(FileError) -> [Int] {
    var widths: [Int] = []
    for element in try value.array() { widths.append(try element.integer()) }
    guard widths.last ?? 0 >= 1, zip(widths, widths.dropFirst()).allSatisfy(>), widths.count <= 16 else {
      throw value.error("the panel widths are \(widths)", remedy: "falling widths of at least 1 are expected")
    }
    return widths
  }

  private static func remainder(
    _ value: JSONValue?, rows: [FitRow], structure: StructuralModel
  ) throws(FileError) -> HostRemainder? {
    guard let value else { return nil }
    let (geometry, elementSize) = (structure.geometry, structure.elementSize)
    func process(_ key: String, _ blocking: BlockGeometry?) throws(FileError) -> ResidualProcess? {
      guard let blocking, let value = value[key] else { return nil }
      return try Self.process(value, blocking, elementSize: elementSize, rows: rows)
    }
    let (large, small) = (try process("large", geometry.large), try process("small", geometry.small))
    return HostRemainder(
      geometry: geometry, recipe: HostRemainder.Recipe(large: large?.parameters, small: small?.parameters),
      large: large, small: small)
  }

  /// A process with its pieces of some rows.
  static func process(
    _ value: JSONValue, _ blocking: BlockGeometry, elementSize: Double, rows: [FitRow]
  ) throws(FileError) -> ResidualProcess {
    func numbers(_ value: JSONValue, in range: ClosedRange<Double>) throws(FileError) -> [Double] {
      var numbers: [Double] = []
      for element in try value.array() { numbers.append(try number(element, in: range)) }
      return numbers
    }
    let list = try value.required("lengths")
    let lengths = try numbers(list, in: 1e-6...1e6)
    let size = ResidualProcess.inputs(m: 1, k: 1, n: 1, geometry: blocking, elementSize: elementSize).count
    guard lengths.count == size else {
      throw list.error("lengths has \(lengths.count) values", remedy: "\(size) are expected")
    }
    var pieces: [ProcessPiece] = []
    for piece in try value.required("pieces").array() {
      let center = try numbers(piece.required("center"), in: -1e9...1e9)
      let weights = try numbers(piece.required("weights"), in: -1e6...1e6)
      var own: [Int] = []
      for element in try piece.required("rows").array() {
        let row = try element.integer()
        guard rows.indices.contains(row) else {
          throw element.error("there is no row \(row)", remedy: "0 to \(rows.count - 1) are expected")
        }
        own.append(row)
      }
      guard center.count == size, weights.count == own.count else {
        throw piece.error("the piece does not fit together", remedy: "\(size) inputs and a weight a row are expected")
      }
      pieces.append(ProcessPiece(center: center, rows: own, weights: weights))
    }
    return ResidualProcess(
      geometry: blocking, elementSize: elementSize,
      parameters: ResidualProcess.Hyperparameters(
        lengths: lengths, amplitude: try logScale(value.required("amplitude")),
        noise: try logScale(value.required("noise"))),
      rows: rows, pieces: pieces, spread: try positive(value.required("spread")))
  }

  private static func streaming(_ value: JSONValue?) throws(FileError) -> StreamingCurve? {
    guard let value else { return nil }
    func numbers(_ key: String) throws(FileError) -> [Double] {
      var numbers: [Double] = []
      for element in try value.required(key).array() { numbers.append(try positive(element)) }
      return numbers
    }
    let bytes = try numbers("bytes")
    let seconds = try numbers("seconds")
    guard bytes.count == seconds.count, !bytes.isEmpty, zip(bytes, bytes.dropFirst()).allSatisfy(<) else {
      throw value.error("bytes and seconds do not go together", remedy: "rising bytes with a time each are expected")
    }
    return StreamingCurve(
      bytes: bytes, seconds: seconds, logDeviation: try number(value.required("log_deviation"), in: 0...10),
      peakRate: try positive(value.required("peak_rate")),
      sustainedRate: try positive(value.required("sustained_rate")))
  }
}
