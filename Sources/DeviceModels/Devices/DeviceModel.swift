public import GEMMTiming

/// `Get_Time` on a GPU: its specification, the dimensionless shape of a host's roofline, and what rows of GPUs taught.
///
/// `predict` is O(tiles of the device), without allocation.
public struct DeviceModel: GEMMTimeModel {
  /// How much of the model is used: the steps of an ablation, each including those before it.
  public enum Detail: Int, Sendable, CaseIterable, Comparable {
    /// max(flops/peak, bytes/bandwidth): the specification alone.
    case roofline
    /// The host's fractions of both ceilings, the host's knee, and the launch cost.
    case ceilings
    /// Tiles, waves, split-k and caches by what other devices' rows have in common.
    case tiles
    /// The parameters that the device file ships, fitted on rows of this GPU or of its family.
    case shipped

    /// What the step adds to those before it.
    public var title: String {
      switch self {
      case .roofline: "specification roofline"
      case .ceilings: "+ host-scaled ceilings"
      case .tiles: "+ tiles and waves (other GPUs' rows)"
      case .shipped: "+ rows behind the device file"
      }
    }

    /// In the order of the ablation.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// The device.
  public let specification: DeviceSpecification
  /// What the host's fit contributes, held to what GPUs reach.
  public let shape: RooflineShape
  /// How much of the model is used.
  public let detail: Detail
  /// The software whose kernels are meant, as measured files name it (`nccl-2.27.3`, `vllm-0.14.0`); nil for the usual.
  public let variant: String?
  /// A GEMM model for each element type that the device has a peak and tiles for, in `DataType.allCases`' order.
  let gemms: [TiledGEMM?]
  /// What rows taught beyond the GEMM models, in the same order.
  let remainders: [GEMMRemainder?]
  /// The box of measured shapes for each element type that rows of this very device refined, in the same order.
  let measured: [MeasuredExtents?]
  /// What the device file says of each element type, in the same order.
  let knowledge: [TypeKnowledge]
  /// How many weights of a product's size are used before the same comes again.
  let weightsInTurn: Double

  /// A model of a device.
  ///
  /// - Parameters:
  ///   - specification: the device file.
  ///   - shape: the host's roofline in dimensionless form; its fractions are held to ``RooflineShape/heldToDevices``.
  ///   - detail: how much of the model to use; all of it unless an ablation is wanted.
  ///   - variant: the software whose attention kernels and collectives are meant, where the device file tells several
  ///     apart.
  ///   - common: what devices of which no row is known have in common with others.
  public init(
    specification: DeviceSpecification, shape: RooflineShape, detail: Detail = .shipped, variant: String? = nil,
    common: CommonGEMMs = .shipped
  ) {
    self.variant = variant
    self.specification = specification
    let shape = shape.heldToDevices
    self.shape = shape
    self.detail = detail
    measured = DataType.allCases.map { _ in nil }
    knowledge = DataType.allCases.map { TypeKnowledge(specification, $0, detail: detail) }
    let gemms = DataType.allCases.map {
      TiledGEMM(specification, dtype: $0, shape: shape, detail: detail, common: common)
    }
    self.gemms = gemms
    weightsInTurn = TiledGEMM.benchmarkedWeights
    remainders = detail >= .shipped ? Self.remainders(specification, gemms) : gemms.map { _ in nil }
  }

  /// The device in a step of a model, where each weight comes from memory once; otherwise it answers as benchmarks do,
  /// which use six weights in turn.
  public var inSteps: DeviceModel {
    DeviceModel(
      self, gemms: gemms, remainders: remainders, measured: measured, weightsInTurn: .infinity)
  }

  /// A model with other GEMM models, refined by rows.
  init(
    _ base: DeviceModel, gemms: [TiledGEMM?], remainders: [GEMMRemainder?], measured: [MeasuredExtents?],
    weightsInTurn: Double
  ) {
    self.weightsInTurn = weightsInTurn
    specification = base.specification
    shape = base.shape
    detail = base.detail
    variant = base.variant
    knowledge = base.knowledge
    self.gemms = gemms
    self.remainders = remainders
    self.measured = measured
  }

  /// The remainders that a device file carries, made once for element types that share one.
  private static func remainders(_ specification: DeviceSpecification, _ gemms: [TiledGEMM?]) -> [GEMMRemainder?] {
    var remainders: [GEMMRemainder?] = []
    for (index, dtype) in DataType.allCases.enumerated() {
      let same = DataType.allCases[..<index].firstIndex { specification.sharesModel($0, dtype) }
      remainders.append(
        same.map { remainders[$0] }
          ?? gemms[index].flatMap { tiled in
            specification.gemmFit(for: dtype)?.remainder.map { GEMMRemainder($0, of: tiled) }
          })
    }
    return remainders
  }

  /// The device's name as in timing tables.
  public var deviceName: String { specification.name }

  /// The specification's dense peak in flop/s.
  public func peakFlops(_ dtype: DataType) -> Double? { specification.peaks[dtype]?.value }

  /// The time of one operation.
  ///
  /// - Throws: `UnsupportedOperation` that names the element types that the device has, or says that the answer cannot be
  ///   a time.
  public func predict(_ operation: Operation) throws(UnsupportedOperation) -> TimePrediction {
    try answer(operation).checked(of: deviceName, for: operation)
  }

  private func answer(_ operation: Operation) throws(UnsupportedOperation) -> TimePrediction {
    switch operation {
    case .gemm(let gemm, let dtype, _): try time(gemm, dtype)
    case .memory(let traffic): time(traffic)
    case .attention(let attention, let dtype): try time(attention, dtype)
    case .communication(let communication): collectives.predict(communication)
    case .none: .zero
    }
  }

  /// The device's exchanges with other GPUs of its kind.
  public var collectives: CollectiveModel {
    CollectiveModel(specification, variant: variant, usesFits: detail >= .shipped)
  }

  /// The peak, or the reason why there is none.
  func requiredPeak(_ dtype: DataType) throws(UnsupportedOperation) -> Double {
    guard let peak = specification.peaks[dtype]?.value else { throw lackOfUnit(dtype) }
    return peak
  }

  /// The reason why there is no peak.
  func lackOfUnit(_ dtype: DataType) -> UnsupportedOperation {
    let known = DataType.allCases.filter { specification.peaks[$0] != nil }.map(\.rawValue)
    return UnsupportedOperation(
      device: specification.name,
      reason: "has no \(dtype.rawValue) unit; its device file gives peaks for \(known.joined(separator: ", "))")
  }
}
