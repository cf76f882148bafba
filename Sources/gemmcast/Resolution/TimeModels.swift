internal import DataFiles
internal import GEMMTiming
internal import HostCalibration
internal import RooflineModels

/// The time models of one command line: the host's fit, and what is asked for.
struct TimeModels {
  /// The fit of the measured host.
  let host: FittedModel
  /// What answers `Get_Time`: a device, or the host itself.
  let device: any GEMMTimeModel
  /// The device's specification; nil for the host.
  let specification: DeviceSpecification?
  /// How much of the device's model is used.
  private let detail: DeviceModel.Detail
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

  /// Models of the device that know less, from the specification alone on to what is used; none for the host itself.
  var ablation: [(name: String, model: any GEMMTimeModel)] {
    guard let specification else { return [] }
    return DeviceModel.Detail.allCases.filter { $0 <= detail }.map { detail in
      (detail.title, DeviceModel(specification: specification, shape: host.rooflineShape, detail: detail))
    }
  }

  /// Reads tables, fits what is not fitted yet, and scales to the device.
  init(tables: TableOptions, device options: DeviceOptions) throws {
    let specification = options.isHost ? nil : try DeviceSpecification.find(options.device)
    let inputs = try MeasuredInputs(tables, devices: Set([specification?.name].compactMap(\.self)))
    guard let host = try inputs.hostModel(threads: tables.threads) else {
      throw Failure(
        Failure.Status.noInput,
        "no timing table of a host is at hand; run `gemmcast calibrate`, or name one with --table")
    }
    self.host = host
    self.specification = specification
    detail = options.detail.level
    if let specification {
      let given = inputs.rows(of: specification.name).rows
      let rows = detail == .shipped ? given : []
      device = try DeviceModel(specification: specification, shape: host.rooflineShape, detail: detail)
        .refined(by: rows, solver: LAPACKSolver())
      let assumed = specification.assumedFigures
      provenance =
        inputs.remarks + [
          inputs.origin(of: host),
          "Device: \(specification.title), scaled from its specification"
            + (rows.isEmpty ? "" : " and refined by \(rows.count) rows measured on it")
            + (given.count > rows.count ? ", without the \(given.count) rows measured on it that --table has" : "")
            + (assumed.isEmpty ? "." : "; assumed, not published: \(assumed.joined(separator: ", "))."),
        ] + (detail == .shipped ? specification.foundations(for: options.resolvedType) : [detail.limits])
    } else {
      guard detail == .shipped else { throw Failure.usage("--detail is of GPUs; --device is host") }
      device = host
      provenance = inputs.remarks + [inputs.origin(of: host), "Device: the host itself."]
    }
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
    case .tiles: "--detail tiles: tiles and waves as well, and nothing that was fitted to rows of GPUs."
    case .shipped: "--detail shipped: all that the device file has."
    }
  }
}
