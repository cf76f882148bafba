internal import GEMMTiming
public import LinearSolvers

extension DeviceSpecification {
  /// What rows of this device teach about fused attention, as its device file may carry it.
  ///
  /// A row's library is the fit of the device file that matches its `variant`, else what follows the last hyphen there.
  ///
  /// - Parameters:
  ///   - entries: measured times; those of other devices and operations are left out.
  ///   - source: what the rows are, for the file's reader.
  ///   - solver: solves the least squares.
  /// - Returns: a fit for each library that at least 20 rows of several queries measured, in order of appearance; one
  ///   query behind a cache has its part where at least 20 rows measured it.
  /// - Throws: `SolverError`; it does not occur with finite rows.
  public func attentionFits(
    taughtBy entries: [MeasuredTable.Entry], source: String, solver: any DenseSolver
  ) throws(SolverError) -> [TaughtFit<AttentionFit>] {
    var libraries: [(name: String, matches: [String])] = []
    var rows: [String: [AttentionRow]] = [:]
    for entry in entries where entry.device == name {
      guard let row = AttentionRow(entry, of: self) else { continue }
      let library = attentionLibrary(entry.variant)
      if rows[library.name] == nil { libraries.append(library) }
      rows[library.name, default: []].append(row)
    }
    var fits: [TaughtFit<AttentionFit>] = []
    for library in libraries {
      let own = rows[library.name] ?? []
      let several = own.filter { !$0.shape.isOneBehindCache }
      let single = own.filter(\.shape.isOneBehindCache)
      guard several.count >= AttentionFit.fewestRows else { continue }
      let blocks = try FactorFit<AttentionFit, AttentionRow>(
        first: .start(library.name, matches: library.matches),
        others: [.startWithPass(library.name, matches: library.matches)], directions: AttentionFit.directions,
        predicted: { $1.seconds($0, on: self) }, measured: \.seconds
      ).taught(by: several, solver: solver)
      var fit = blocks.parameters.rounded
      fit.spread = blocks.spread
      fit.source = "fitted to \(several.count) rows of several queries"
      var heldOut = blocks.heldOut.map { [(name: "\(library.name), several queries", statistics: $0)] } ?? []
      if single.count >= AttentionFit.fewestRows {
        let decoding = try FactorFit<AttentionFit.Decoding, AttentionRow>(
          first: .start, directions: AttentionFit.Decoding.directions,
          predicted: { $1.seconds($0, on: self) }, measured: \.seconds
        ).taught(by: single, solver: solver)
        fit.decoding = decoding.parameters.rounded
        fit.decoding?.spread = decoding.spread
        fit.source += " and \(single.count) of one query behind a cache"
        if let statistics = decoding.heldOut { heldOut.append(("\(library.name), one query", statistics)) }
      }
      fit.source += ": \(source)"
      fits.append(TaughtFit(fit: fit, heldOut: heldOut))
    }
    return fits
  }

  /// The library that a `variant` means.
  func attentionLibrary(_ variant: String?) -> (name: String, matches: [String]) {
    guard let variant else { return ("usual", ["usual"]) }
    if let known = attentionFits.first(where: { $0.isMeant(by: variant) }) {
      return (known.name, known.matches)
    }
    let name = variant.split(separator: "-").last.map(String.init) ?? variant
    return (name, [name])
  }
}

/// A measured kernel.
struct AttentionRow {
  let shape: AttentionShape
  let bytes: Double
  let peak: Double
  let seconds: Double

  /// Nil for what is no attention, or of an element type that the device has no unit for.
  init?(_ entry: MeasuredTable.Entry, of device: DeviceSpecification) {
    guard case .attention(let shape, let dtype) = entry.operation, let peak = device.peaks[dtype]?.value else {
      return nil
    }
    (self.shape, bytes, self.peak, seconds) = (shape, shape.bytes(dtype), peak, entry.seconds)
  }

  /// Seconds by a fit, no less than the specification's limit.
  func seconds(_ fit: AttentionFit, on device: DeviceSpecification) -> Double {
    max(limit(device), fit.time(shape, bytes: bytes, peak: peak, on: device).seconds)
  }

  /// Seconds by the part for one query behind a cache.
  func seconds(_ fit: AttentionFit.Decoding, on device: DeviceSpecification) -> Double {
    max(limit(device), fit.time(shape, bytes: bytes, on: device).seconds)
  }

  /// The specification's limit in seconds.
  private func limit(_ device: DeviceSpecification) -> Double {
    max(shape.flops / peak, bytes / device.memoryBandwidth.value)
  }
}

extension AttentionFit {
  fileprivate static var fewestRows: Int { FactorFit<AttentionFit, AttentionRow>.fewestRows }

  /// What kernels are like before any row: half the peak in blocks of 64 padded queries.
  fileprivate static func start(_ name: String, matches: [String]) -> AttentionFit {
    AttentionFit(
      name: name, matches: matches, computeFraction: 0.5, bandwidthFraction: 0.8, kneeSharpness: 2.6,
      launchSeconds: 6e-6, blockSeconds: 1e-6, rowGranularity: 64, tailShare: 0.5, waveQuantization: 0.5,
      pairElements: 20, spread: .init(low: 1, high: 1), source: "nothing")
  }

  /// The same of a framework that passes over its inputs before.
  fileprivate static func startWithPass(_ name: String, matches: [String]) -> AttentionFit {
    var fit = start(name, matches: matches)
    fit.passFraction = 0.6
    (fit.launchSeconds, fit.bandwidthFraction, fit.kneeSharpness) = (1.1e-5, 0.9, 6)
    return fit
  }

  static var directions: [FactorFit<AttentionFit, AttentionRow>.Direction] {
    [
      .init { $0.computeFraction = min(1, $0.computeFraction * $1) },
      .init { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) },
      .init { $0.kneeSharpness = 1 + ($0.kneeSharpness - 1) * $1 },
      .init { $0.launchSeconds *= $1 },
      .init { $0.blockSeconds *= $1 },
      .init { $0.tailShare *= $1 },
      .init { $0.waveQuantization = min(1, $0.waveQuantization * $1) },
      .init { $0.pairElements *= $1 },
      .init { $0.passFraction = min(1, $0.passFraction * $1) },
    ]
  }

  /// The fit with numbers as device files have them.
  var rounded: AttentionFit {
    var fit = self
    for path in [
      \AttentionFit.computeFraction, \.bandwidthFraction, \.kneeSharpness, \.launchSeconds, \.blockSeconds, \.tailShare,
      \.waveQuantization, \.pairElements, \.passFraction,
    ] { fit[keyPath: path] = FixedDigits.rounded(fit[keyPath: path]) }
    return fit
  }
}

extension AttentionFit.Decoding {
  /// What kernels are like before any row: a launch, and some microseconds for keys that are shared out and summed.
  fileprivate static var start: AttentionFit.Decoding {
    AttentionFit.Decoding(
      launchSeconds: 3e-6, keySeconds: 5e-6, halfKeys: 300, headSeconds: 1e-6, bandwidthFraction: 0.9,
      kneeSharpness: 1.5, streamLoss: 0.3, streams: 200, spread: .init(low: 1, high: 1))
  }

  static var directions: [FactorFit<AttentionFit.Decoding, AttentionRow>.Direction] {
    [
      .init { $0.launchSeconds *= $1 },
      .init { $0.keySeconds *= $1 },
      .init { $0.halfKeys *= $1 },
      .init { $0.headSeconds *= $1 },
      .init { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) },
      .init { $0.kneeSharpness = 1 + ($0.kneeSharpness - 1) * $1 },
      .init { $0.streamLoss *= $1 },
      .init { $0.streams *= $1 },
    ]
  }

  /// The fit with numbers as device files have them.
  var rounded: AttentionFit.Decoding {
    var fit = self
    for path in [
      \AttentionFit.Decoding.launchSeconds, \.keySeconds, \.halfKeys, \.headSeconds, \.bandwidthFraction,
      \.kneeSharpness, \.streamLoss, \.streams,
    ] { fit[keyPath: path] = FixedDigits.rounded(fit[keyPath: path]) }
    return fit
  }
}
