internal import DataFiles
internal import GEMMTiming

extension FittedModel {
  /// The fits beside a model.
  static func operands(
    _ list: JSONValue?, beside group: MeasuredGroup, structure: StructuralModel
  ) throws(FileError) -> [OperandFit] {
    guard let list else { return [] }
    var fits: [OperandFit] = []
    for value in try list.array() {
      let own = group.with(
        cache: try word(value.required("cache")), layout: try word(value.required("layout")) ?? .nn)
      let table = try value.required("rows")
      let (rows, points) = try Self.rows(table)
      let costs = try value.required("costs")
      var numbers: [Double] = []
      for element in try costs.array() { numbers.append(try number(element, in: 0...1e3)) }
      guard numbers.count == OperandCorrection.termCount else {
        throw costs.error("costs has \(numbers.count) values", remedy: "\(OperandCorrection.termCount) are expected")
      }
      let geometry = structure.large.geometry
      let process = try Self.process(
        value.required("process"), geometry, elementSize: structure.elementSize, rows: rows)
      let fit = OperandFit(
        group: own, crossValidation: CrossValidation(folds: try value.required("folds").integer(), points: points),
        rows: rows, correction: OperandCorrection(costs: numbers, process: process),
        intervals: try intervals(value.required("intervals"), rows: rows, points: points))
      guard let fit else { throw table.error("has no rows", remedy: "fit again") }
      fits.append(fit)
    }
    return fits
  }

  /// What passes over rows take.
  static func passes(_ list: JSONValue?) throws(FileError) -> [PassCost] {
    guard let list else { return [] }
    var passes: [PassCost] = []
    for value in try list.array() {
      let kind: MemoryTraffic.Kind? = try word(value.required("kind"))
      let costs = try value.required("costs")
      var numbers: [Double] = []
      for element in try costs.array() { numbers.append(try cost(element)) }
      guard let kind, numbers.count == PassCost.termCount, numbers.contains(where: { $0 > 0 }) else {
        throw costs.error("the costs are \(numbers)", remedy: "\(PassCost.termCount) are expected, one above 0")
      }
      let range = try value.required("bytes")
      var bytes: [Double] = []
      for element in try range.array() { bytes.append(try number(element, in: 0...1e18)) }
      guard bytes.count == 2, bytes[0] <= bytes[1] else {
        throw range.error("bytes is \(bytes)", remedy: "[smallest, largest] is expected")
      }
      passes.append(
        PassCost(
          kind: kind, costs: numbers, logDeviation: try logScale(value.required("log_deviation")),
          bytes: bytes[0]...bytes[1]))
    }
    return passes
  }
}
