internal import GEMMTiming

/// What predictions of one element type ask of a device file, looked up once.
struct TypeKnowledge: Sendable {
  /// The specification's dense peak in flop/s; nil when the device has no unit for it.
  let peak: Double?
  /// Whether rows taught its GEMM parameters, and the model uses them.
  let isTaught: Bool
  /// Whether those rows are of another device.
  let isSibling: Bool
  /// Whether fp32's kernels without matrix units may stand in for its own: among the rows that taught a type they say what
  /// it takes, and an fp32 of which none is known does not outdo them.
  let hasFallback: Bool

  init(_ specification: DeviceSpecification, _ dtype: DataType, detail: DeviceModel.Detail) {
    peak = specification.peaks[dtype]?.value
    let fit = detail >= .shipped ? specification.gemmFit(for: dtype) : nil
    isTaught = fit != nil
    isSibling = fit?.rowsOf != nil
    hasFallback =
      specification.usesMatrixUnits(dtype) && specification.peaks[.fp32] != nil
      && (fit == nil || specification.gemmFit(for: .fp32) != nil)
  }

  /// All element types, in the order of a model's lists.
  private static let types = DataType.allCases
  /// The place of fp32 in that order.
  static let fp32 = place(of: .fp32) ?? 0

  /// The place of an element type in a model's lists.
  static func place(of dtype: DataType) -> Int? { types.firstIndex(of: dtype) }
}
