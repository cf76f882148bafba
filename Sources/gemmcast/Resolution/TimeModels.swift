internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import Reporting

/// The time models of one command line: the host's fit, and what is asked for.
struct TimeModels {
  /// The fit of the measured host; nil where the answer does not depend on one and no table has one.
  let host: FittedModel?
  /// What answers `Get_Time`: a device, or the host itself.
  let device: any GEMMTimeModel
  /// The device's specification; nil for the host.
  let specification: DeviceSpecification?
  /// The model of a GPU before rows refine it; nil for the host.
  private let unrefined: DeviceModel?
  /// Whether a GPU's weights are used six in turn, as benchmarks do, rather than once each, as a step does.
  private let isBenchmark: Bool
  /// How much of the device's model is used.
  private let detail: DeviceModel.Detail
  /// The device with one kind of rows after the other.
  private let refinements: [(name: String, model: any GEMMTimeModel)]
  /// Sentences on where the figures come from.
  let provenance: [String]

  /// GPUs that share a node's inner links; the host counts as a node of its own.
  var gpusPerNode: Int { specification.map { Int($0.gpusPerNode.value) } ?? 1 }

  /// Bytes of one GPU's memory, or of what this process may use of the host's.
  func capacity() throws -> Double {
    if let specification { return specification.memoryCapacity.value }
    guard let usable = try HostTopology.discover().usableMemory else {
      throw Failure(Failure.Status.unavailable, "the host's memory is not known here")
    }
    return Double(usable)
  }

  /// The time of a listed product; on a host with its operands where its row has them, and else where the command line does.
  func predict(_ listed: ShapeList.Item, _ dtype: DataType) throws -> TimePrediction {
    guard let placed = device as? PlacedHost else { return try device.predict(listed.shape, dtype) }
    return try placed.predict(listed.shape, dtype, cache: listed.cache, layout: listed.layout)
  }

  /// Models of the device that know less, from the specification alone on to the device file, then with each kind of rows
  /// that --table has of it; none for the host itself, and of those that rest on a host's fractions none without a host.
  var ablation: [(name: String, model: any GEMMTimeModel)] {
    guard let specification, let unrefined else { return [] }
    return DeviceModel.Detail.allCases.filter { $0 <= detail }.compactMap { level in
      if host == nil, level == .ceilings || level == .tiles { return nil }
      if level == detail { return (level.title, unrefined) }
      let shape = host?.rooflineShape ?? .unused
      let model = DeviceModel(specification: specification, shape: shape, detail: level)
      return (level.title, isBenchmark ? model : model.inSteps)
    } + refinements
  }

  /// Reads tables, fits what is not fitted yet, and scales to the device.
  ///
  /// - Parameters:
  ///   - tables: the files that are named; without one a host's table is looked for only where the question needs it.
  ///   - options: the device.
  ///   - question: which of its operations will be asked for.
  ///   - operands: where a host's operands are and how they lie; nothing to a GPU.
  ///   - system: what runs on the device and around it, where it is not as the device file says.
  /// - Throws: `Failure` or `FileError` for tables and devices that cannot be read, and where a host is needed and none known.
  init(
    tables: TableOptions, device options: DeviceOptions, for question: DeviceSpecification.Question,
    operands: HostOperands? = nil, system: SystemOptions? = nil
  ) throws {
    if options.isHost { try system?.refuseOnHost() }
    let named = options.isHost ? nil : try DeviceSpecification.find(options.device)
    let found = try named.map { try system?.applied(to: $0) ?? $0 }
    detail = options.detail.level
    let needsHost = found?.needsHost(for: question, detail: detail) ?? true
    let inputs = try MeasuredInputs(tables, devices: Set([found?.name].compactMap(\.self)), needsHost: needsHost)
    host = try inputs.hostModel()
    if needsHost, host == nil {
      throw Failure(
        Failure.Status.noInput,
        "no timing table of a host is at hand; run `gemmcast calibrate`, or name one with --table")
    }
    let origin = host.map(inputs.origin) ?? []
    guard let found else {
      specification = nil
      guard detail == .shipped else { throw Failure.usage("--detail is of GPUs; --device is host") }
      guard let host else { throw Failure(Failure.Status.noInput, "no timing table of a host is at hand") }
      let operands = try operands ?? HostOperands()
      let placed = PlacedHost(host, cache: operands.cache, weights: operands.weights, reuse: operands.reuse)
      device = placed
      unrefined = nil
      refinements = []
      isBenchmark = false
      provenance = inputs.remarks + origin + ["Device: the host itself."] + placed.assumptions
      return
    }
    let own = inputs.rows(of: found.name).rows
    let rows = detail == .shipped ? own : []
    let taught = try found.refined(by: detail == .shipped ? inputs.otherOperations : [], solver: LAPACKSolver())
    let specification = taught.device
    self.specification = specification
    let isBenchmark = operands?.cache == .hot
    self.isBenchmark = isBenchmark
    let shape = host?.rooflineShape ?? .unused
    let known = DeviceModel(specification: found, shape: shape, detail: detail)
    unrefined = isBenchmark ? known : known.inSteps
    let (refined, lessons) = try DeviceModel(specification: specification, shape: shape, detail: detail)
      .taught(by: rows, solver: LAPACKSolver())
    device = isBenchmark ? refined : refined.inSteps
    refinements = try Self.refinements(of: found, shape: shape, inputs: inputs, detail: detail, all: refined)
      .map { ($0.name, isBenchmark ? $0.model : $0.model.inSteps) }
    let assumed = specification.assumedFigures
    provenance =
      inputs.remarks + origin
      + (needsHost ? [host?.rooflineShape.contribution].compactMap(\.self) : [])
      + [
        "Device: \(specification.title), scaled from its specification"
          + (rows.isEmpty ? "" : " and refined by \(rows.count) rows measured on it")
          + (own.count > rows.count ? ", without the \(own.count) rows measured on it that --table has" : "")
          + (assumed.isEmpty ? "." : "; assumed, not published: \(assumed.joined(separator: ", ")).")
      ] + [specification.fabric?.assumption].compactMap(\.self) + (lessons + taught.lessons).map(\.sentence)
      + inputs.unusedOperations(of: found.name, isUsed: detail == .shipped)
      + (detail == .shipped ? specification.foundations(for: options.resolvedType) : [detail.limits])
  }
}

extension TimeModels {
  /// The device after exchanges, passes over memory, attention and GEMMs of the tables, as far as they have such rows, each
  /// with those before it.
  private static func refinements(
    of device: DeviceSpecification, shape: RooflineShape, inputs: MeasuredInputs, detail: DeviceModel.Detail,
    all: DeviceModel
  ) throws -> [(name: String, model: DeviceModel)] {
    guard detail == .shipped else { return [] }
    let own = inputs.otherOperations.filter { $0.device == device.name }
    let kinds: [(name: String, isOfKind: (GEMMTiming.Operation) -> Bool)] = [
      ("collective", { if case .communication = $0 { true } else { false } }),
      ("memory", { if case .memory = $0 { true } else { false } }),
      ("attention", { if case .attention = $0 { true } else { false } }),
    ]
    var steps: [(name: String, model: DeviceModel)] = []
    var known: [MeasuredTable.Entry] = []
    func title(_ count: Int, _ kind: String) -> String { "+ \(count) \(kind) row\(count == 1 ? "" : "s") of --table" }
    for kind in kinds {
      let rows = own.filter { kind.isOfKind($0.operation) }
      guard !rows.isEmpty else { continue }
      known += rows
      let specification = try device.refined(by: known, solver: LAPACKSolver()).device
      steps.append((title(rows.count, kind.name), DeviceModel(specification: specification, shape: shape)))
    }
    let products = inputs.rows(of: device.name).rows.count
    return products > 0 ? steps + [(title(products, "GEMM"), all)] : steps
  }
}

extension PlacedHost {
  /// Sentences on where operands are taken to be.
  fileprivate var assumptions: [String] {
    let place =
      switch cache {
      case .hot: "in the caches, as a call of the same product left them"
      case .cold: "in no cache"
      case .sequence:
        "where a step leaves them: weights as far as all that is read between two uses pushes them, activations near"
      }
    return [
      "Operands: \(place); products with a weight are \(ProductRole.weight.layout(weights).formula) "
        + "(weights stored \(weights == .outIn ? "[out, in]" : "[in, out]"))."
    ] + gaps.map { "Operands: \($0)." }
  }
}

extension RooflineShape {
  /// A sentence on what a host contributes to a device, and where it was held back.
  fileprivate var contribution: String {
    let held = heldToDevices
    func percent(_ own: Double, _ used: Double) -> String {
      Quantity.percent(own)
        + (own == used ? "" : ", held to \(Quantity.percent(used)) as no GPU is known to be beyond it")
    }
    return "The host contributes its fractions of the ceilings where the device file has none: "
      + "compute \(percent(computeFraction, held.computeFraction)); "
      + "bandwidth \(percent(bandwidthFraction, held.bandwidthFraction))."
  }
}

extension DeviceModel.Detail {
  /// A sentence on what a forecast of this detail leaves out.
  fileprivate var limits: String {
    switch self {
    case .roofline: "--detail roofline: the specification's peaks and bandwidths alone."
    case .ceilings:
      "--detail ceilings: the host's fractions of its ceilings, its knee, and the launch cost; no tiles, and nothing that "
        + "was fitted to rows of GPUs."
    case .tiles:
      "--detail tiles: tiles and waves as well, by what other GPUs' rows have in common, and nothing that rows of this "
        + "GPU taught."
    case .shipped: "--detail shipped: all that the device file has."
    }
  }
}
