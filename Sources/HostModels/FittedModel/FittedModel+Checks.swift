internal import Foundation
internal import GEMMTiming

// What numbers of a model file can be: far wider than any fit, and narrow enough that times stay numbers.

extension FittedModel {
  /// The model of a record whose values are all as they may be.
  init(_ record: Record, _ check: ModelCheck) throws(ModelDefect) {
    let group = record.group
    if let problem = DeviceNames.problem(with: group.device) {
      throw ModelDefect(path: check["group"]["device"].path, problem: problem, remedy: DeviceNames.remedy)
    }
    try record.ceilings.verify(check["ceilings"])
    try record.roofline.verify(check["roofline"])
    try record.structure.verify(check["structure"])
    try record.streaming?.verify(check["streaming"])
    for (index, pass) in record.passes.enumerated() { try pass.verify(check["passes"]["\(index)"]) }
    let (rows, test) = try record.test.unpacked(check["test"])
    let structure = record.structure
    let asymptote = try RooflineAsymptote(
      record.asymptote, rows: rows, elementSize: structure.elementSize, check["asymptote"])
    func process(
      _ own: ResidualProcess.Record?, _ geometry: BlockGeometry?, _ key: String
    ) throws(ModelDefect) -> ResidualProcess? {
      guard let own, let geometry else { return nil }
      return try ResidualProcess(own, geometry, elementSize: structure.elementSize, rows: rows, check[key])
    }
    let large = try process(record.large, structure.large.geometry, "large")
    let small = try process(record.small, structure.small?.geometry, "small")
    let remainder =
      large == nil && small == nil
      ? nil
      : HostRemainder(
        geometry: structure.geometry,
        recipe: HostRemainder.Recipe(large: large?.parameters, small: small?.parameters), large: large, small: small)
    var operands: [OperandFit] = []
    for (index, own) in record.operands.enumerated() {
      operands.append(try OperandFit(own, beside: group, structure: structure, check["operands"]["\(index)"]))
    }
    self.init(
      group: group, ceilings: record.ceilings, rooflineShape: record.roofline, crossValidation: test, rows: rows,
      structure: structure, remainder: remainder,
      intervals: try IntervalModel(record.intervals, rows: rows, points: test.points, check["intervals"]),
      streaming: record.streaming, passes: record.passes, asymptote: asymptote, operands: operands)
  }
}

extension HostCeilings {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    try check["peakFlops"].number(peakFlops, in: ModelCheck.positive)
    try check["sustainedFlops"].number(sustainedFlops, in: ModelCheck.positive)
    try check["peakBandwidth"].number(peakBandwidth ?? 1, in: ModelCheck.positive)
    try check["sustainedBandwidth"].number(sustainedBandwidth ?? 1, in: ModelCheck.positive)
  }
}

extension RooflineShape {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    try check["computeFraction"].number(computeFraction, in: 1e-24...1.0000001)
    try check["bandwidthFraction"].number(bandwidthFraction, in: 1e-24...1.0000001)
    try check["kneeSharpness"].number(kneeSharpness, in: 1...1e6)
  }
}

extension StructuralModel {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    try check["elementSize"].number(elementSize, in: 0.125...64)
    try check["threshold"].number(threshold, in: 0...1e20)
    try large.verify(check["large"])
    try small?.verify(check["small"])
  }
}

extension CodePath {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    let place = check["geometry"]
    for (widths, key) in [(geometry.rowPanels, "rowPanels"), (geometry.columnPanels, "columnPanels")] {
      try place[key].require(
        widths.last ?? 0 >= 1 && widths[0] <= 1 << 20 && zip(widths, widths.dropFirst()).allSatisfy(>)
          && widths.count < PanelCounts.capacity,
        "is \(widths)", expected: "falling widths of at least 1")
    }
    try place["depth"].require(geometry.depth > 0, "is \(geometry.depth)", expected: "at least 1")
    try place["sharing"].require(geometry.sharing > 0, "is \(geometry.sharing)", expected: "at least 1 thread")
    try check["coefficients"].costs(coefficients, count: CodePath.termCount(geometry))
  }
}

extension RooflineAsymptote {
  fileprivate init(
    _ record: Record, rows: [FitRow], elementSize: Double, _ check: ModelCheck
  ) throws(ModelDefect) {
    try check["costs"].costs(record.costs, count: Self.termCount)
    try check["depth"].require(record.depth > 0, "is \(record.depth)", expected: "at least 1")
    try check["hiding"].number(record.hiding, in: ModelCheck.positive)
    try record.uncached?.verify(check["uncached"])
    guard record.costs.contains(where: { $0 > 0 }),
      let asymptote = RooflineAsymptote(
        rows, costs: record.costs, isFitted: record.fitted, depth: record.depth, isShared: record.shared,
        hiding: record.hiding, uncached: record.uncached, elementSize: elementSize)
    else { throw check["costs"].defect("are all 0", expected: "one above 0") }
    self = asymptote
  }
}

extension UncachedCost {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    try check["bytes"].numbers(bytes, in: ModelCheck.positive)
    try check["shares"].numbers(shares, count: bytes.count, in: 0...1)
    try check["cost"].costs([cost])
    try check.require(
      bytes.count >= 2 && zip(bytes, bytes.dropFirst()).allSatisfy(<) && zip(shares, shares.dropFirst()).allSatisfy(<=),
      "does not fit together", expected: "rising bytes and as many shares up to 1")
  }
}

extension ResidualProcess {
  /// A process with its pieces of some rows.
  fileprivate init(
    _ record: Record, _ geometry: BlockGeometry, elementSize: Double, rows: [FitRow], _ check: ModelCheck
  ) throws(ModelDefect) {
    let parameters = record.parameters
    let size = Self.inputs(m: 1, k: 1, n: 1, geometry: geometry, elementSize: elementSize).count
    try check["parameters"]["lengths"].numbers(parameters.lengths, count: size, in: 1e-6...1e6)
    try check["parameters"]["amplitude"].number(parameters.amplitude, in: ModelCheck.logScale)
    try check["parameters"]["noise"].number(parameters.noise, in: ModelCheck.logScale)
    try check["spread"].number(record.spread, in: ModelCheck.positive)
    try check["centers"].numbers(record.centers.values, in: -1e9...1e9)
    let centers = record.centers.groups(of: size) ?? []
    try check.require(
      !centers.isEmpty && record.rows.count == centers.count && record.weights.count == centers.count,
      "does not fit together", expected: "\(size) inputs of a center, rows and weights a piece")
    var pieces: [ProcessPiece] = []
    for (index, center) in centers.enumerated() {
      let weights = record.weights[index].values
      let members = record.rows[index].values.compactMap { Int(exactly: $0) }.filter(rows.indices.contains)
      try check["rows"]["\(index)"].require(
        members.count == record.rows[index].values.count && weights.count == members.count, "does not fit the model",
        expected: "a weight for each, and rows 0 to \(rows.count - 1)")
      try check["weights"]["\(index)"].numbers(weights, in: -1e6...1e6)
      pieces.append(ProcessPiece(center: Array(center), rows: members, weights: weights))
    }
    self.init(
      geometry: geometry, elementSize: elementSize, parameters: parameters, rows: rows, pieces: pieces,
      spread: record.spread)
  }
}

extension IntervalModel {
  fileprivate init(
    _ record: Record, rows: [FitRow], points: [HeldOutPoint], _ check: ModelCheck
  ) throws(ModelDefect) {
    try check["overall"].number(record.overall, in: ModelCheck.logScale)
    try check["lowQuantiles"].numbers(record.lowQuantiles, count: Self.classCount, in: -1e3...0)
    try check["highQuantiles"].numbers(record.highQuantiles, count: Self.classCount, in: 0...1e3)
    try check["growth"].number(record.growth, in: 0...1e12)
    self.init(
      RowPlaces(rows), magnitudes: Self.magnitudes(rows, points.map { log($0.measured / $0.predicted) }),
      overall: record.overall, lowQuantiles: record.lowQuantiles, highQuantiles: record.highQuantiles,
      growth: ExtrapolationGrowth(rate: record.growth))
  }
}

extension StreamingCurve {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    try check["bytes"].numbers(bytes, in: ModelCheck.positive)
    try check["seconds"].numbers(seconds, count: bytes.count, in: ModelCheck.positive)
    try check.require(
      !bytes.isEmpty && zip(bytes, bytes.dropFirst()).allSatisfy(<), "does not fit together",
      expected: "rising bytes with a time each")
    try check["logDeviation"].number(logDeviation, in: 0...10)
    try check["peakRate"].number(peakRate, in: ModelCheck.positive)
    try check["sustainedRate"].number(sustainedRate, in: ModelCheck.positive)
  }
}

extension PassCost {
  fileprivate func verify(_ check: ModelCheck) throws(ModelDefect) {
    try check["costs"].costs(costs, count: Self.termCount)
    try check["costs"].require(costs.contains { $0 > 0 }, "are all 0", expected: "one above 0")
    try check["logDeviation"].number(logDeviation, in: ModelCheck.logScale)
    try check["bytes"].numbers([bytes.lowerBound, bytes.upperBound], in: 0...1e18)
  }
}

extension OperandFit {
  /// A fit beside a model.
  fileprivate init(
    _ record: Record, beside group: MeasuredGroup, structure: StructuralModel, _ check: ModelCheck
  ) throws(ModelDefect) {
    let (rows, test) = try record.test.unpacked(check["test"])
    try check["costs"].numbers(record.costs, count: OperandCorrection.termCount, in: 0...1e3)
    let process = try ResidualProcess(
      record.process, structure.large.geometry, elementSize: structure.elementSize, rows: rows, check["process"])
    let fit = OperandFit(
      group: group.with(cache: record.cache, layout: record.layout), crossValidation: test, rows: rows,
      correction: OperandCorrection(costs: record.costs, process: process),
      intervals: try IntervalModel(record.intervals, rows: rows, points: test.points, check["intervals"]))
    guard let fit else { throw check["test"].defect("has no rows", expected: "one or more") }
    self = fit
  }
}
