internal import GEMMTiming
public import LinearSolvers

extension DeviceSpecification {
  /// What rows of this device teach about passes over memory, as its device file may carry it.
  ///
  /// - Parameters:
  ///   - entries: measured times; those of other devices and operations are left out.
  ///   - source: what the rows are, for the file's reader.
  ///   - solver: solves the least squares.
  /// - Returns: a fit for each kind of pass that at least 20 rows measured, in the order of `MemoryTraffic.Kind`.
  /// - Throws: `SolverError`; it does not occur with finite rows.
  public func memoryFits(
    taughtBy entries: [MeasuredTable.Entry], source: String, solver: any DenseSolver
  ) throws(SolverError) -> [TaughtFit<MemoryFit>] {
    var rows: [MemoryTraffic.Kind: [(traffic: MemoryTraffic, seconds: Double)]] = [:]
    for entry in entries where entry.device == name {
      if case .memory(let traffic) = entry.operation {
        rows[traffic.kind, default: []].append((traffic, entry.seconds))
      }
    }
    var fits: [TaughtFit<MemoryFit>] = []
    for kind in MemoryTraffic.Kind.allCases {
      guard let own = rows[kind], own.count >= FactorFit<MemoryFit, Int>.fewestRows else { continue }
      let isByRows = kind.worksOnRows && own.allSatisfy { $0.traffic.rows != nil }
      let starts = MemoryFit.starts(kind, isByRows: isByRows, launch: launch.value)
      let lesson = try FactorFit<MemoryFit, (traffic: MemoryTraffic, seconds: Double)>(
        first: starts.usual, others: starts.others,
        directions: isByRows ? MemoryFit.directionsOfRows : MemoryFit.directions,
        predicted: { $0.seconds($1.traffic, on: self) }, measured: { $0.seconds }
      ).taught(by: own, solver: solver)
      var fit = lesson.parameters.rounded
      fit.spread = lesson.spread
      fit.source = "fitted to \(own.count) rows of \(kind.rawValue): \(source)"
      fits.append(TaughtFit(fit: fit, heldOut: lesson.heldOut.map { [(kind.rawValue, $0)] } ?? []))
    }
    return fits
  }
}

extension MemoryTraffic.Kind {
  /// Whether kernels of this kind give each row to a thread block.
  fileprivate var worksOnRows: Bool {
    switch self {
    case .layerNorm, .rmsNorm, .softmax: true
    case .gelu, .swiglu, .rotary, .residual, .embedding, .copy, .optimizer: false
    }
  }
}

extension MemoryFit {
  /// What kernels are like before any row.
  ///
  /// A launch and half as much until memory is busy, most of the bandwidth, rows of 10 GB/s a block. Long rows cost
  /// little, or much and little else does.
  fileprivate static func starts(
    _ kind: MemoryTraffic.Kind, isByRows: Bool, launch: Double
  ) -> (usual: MemoryFit, others: [MemoryFit]) {
    var fit = MemoryFit(
      kinds: [kind], launchSeconds: 1.2 * launch, cachedFraction: 1.2, bandwidthFraction: 0.85, cacheShare: 1,
      spread: .init(low: 1, high: 1), source: "nothing")
    if isByRows {
      fit.cachedFraction = fit.bandwidthFraction
      fit.rows = Rows(
        byteSeconds: 1e-10, crowding: 2.7, halfCrowd: 10, kneeSharpness: 2, turnSeconds: 3e-8,
        longTurnSeconds: 3e-7, longBytes: 32768)
      var steep = fit
      steep.launchSeconds *= 4
      steep.rows?.byteSeconds = 1e-11
      steep.rows?.longTurnSeconds = 3e-6
      return (fit, [steep])
    }
    fit.fillSeconds = 0.5 * launch
    fit.fillBytes = 5e5
    return (fit, [])
  }

  typealias Direction = FactorFit<MemoryFit, (traffic: MemoryTraffic, seconds: Double)>.Direction

  static var directions: [Direction] {
    [
      Direction { $0.launchSeconds *= $1 },
      Direction { $0.cachedFraction *= $1 },
      Direction { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) },
      Direction { $0.cacheShare *= $1 },
      Direction { $0.fillSeconds *= $1 },
      Direction { $0.fillBytes *= $1 },
    ]
  }

  static var directionsOfRows: [Direction] {
    [
      Direction { $0.launchSeconds *= $1 },
      Direction {
        $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1)
        $0.cachedFraction = $0.bandwidthFraction
      },
      Direction { $0.rows?.byteSeconds *= $1 },
      Direction { $0.rows?.crowding *= $1 },
      Direction { $0.rows?.halfCrowd *= $1 },
      Direction { $0.rows?.sharpenKnee(by: $1) },
      Direction { $0.rows?.turnSeconds *= $1 },
      Direction { $0.rows?.longTurnSeconds *= $1 },
      Direction { $0.rows?.longBytes *= $1 },
    ]
  }

  /// The fit with numbers as device files have them.
  var rounded: MemoryFit {
    var fit = self
    // The stream never speeds up beyond the cache, so that a larger fraction there has no meaning.
    fit.bandwidthFraction = min(fit.bandwidthFraction, fit.cachedFraction)
    for path in [
      \MemoryFit.launchSeconds, \.cachedFraction, \.bandwidthFraction, \.cacheShare, \.fillSeconds, \.fillBytes,
    ] { fit[keyPath: path] = FixedDigits.rounded(fit[keyPath: path]) }
    for path in [
      \Rows.byteSeconds, \.crowding, \.halfCrowd, \.kneeSharpness, \.turnSeconds, \.longTurnSeconds, \.longBytes,
    ] {
      if let value = fit.rows?[keyPath: path] { fit.rows?[keyPath: path] = FixedDigits.rounded(value) }
    }
    return fit
  }
}

extension MemoryFit.Rows {
  fileprivate mutating func sharpenKnee(by factor: Double) { kneeSharpness = 1 + (kneeSharpness - 1) * factor }
}
