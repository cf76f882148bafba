public import HostCalibration
internal import TransformerModels

/// Runs the ranks of a plan in processes of their own, and puts together what they measured.
public struct Replay {
  /// What every rank is asked.
  public let request: ReplayRequest

  /// A run of a request.
  public init(_ request: ReplayRequest) { self.request = request }

  /// How far it is.
  public enum Progress: Sendable {
    /// Weights are being filled.
    case preparing
    /// Seconds of measuring so far.
    case measuring(seconds: Double)
  }

  /// Starts the ranks, waits for what they measure, and ends them.
  ///
  /// - Parameters:
  ///   - launch: how a rank's process is started; it must serve a request by ``ReplayWorker``.
  ///   - stop: ends the run when raised.
  ///   - progress: called now and then.
  /// - Returns: what all ranks measured.
  /// - Throws: ``ReplayError``.
  public func run(
    _ launch: WorkerGroup.Launch, stop: StopFlag, progress: (Progress) -> Void = { _ in }
  ) throws(ReplayError) -> ReplayMeasurement {
    let result: Result<ReplayMeasurement, ReplayError>
    do throws(CalibrationError) {
      var request = request
      let region = try sharedRegion(&request)
      let group = try WorkerGroup(launch, count: request.tp, sharing: region, stop: stop)
      defer { group.close() }
      for rank in 0..<request.tp {
        request.rank = rank
        try group.send(request.line(), to: rank)
      }
      progress(.preparing)
      result = try collect(from: group, launch, progress)
    } catch {
      throw .calibration(error)
    }
    return try result.get()
  }

  private func sharedRegion(_ request: inout ReplayRequest) throws(CalibrationError) -> SharedRegion? {
    guard request.tp > 1 else { return nil }
    let tokens = request.batch * (request.options.work == .decode ? 1 : request.sequence)
    request.sharedBytes = SumExchange.bytes(ranks: request.tp, floats: tokens * request.hidden)
    return try SharedRegion(bytes: request.sharedBytes)
  }

  private func collect(
    from group: WorkerGroup, _ launch: WorkerGroup.Launch, _ progress: (Progress) -> Void
  ) throws(CalibrationError) -> Result<ReplayMeasurement, ReplayError> {
    var results: [RankMessage.Result?] = Array(repeating: nil, count: request.tp)
    var build: OpenBLASBuild?
    while case let awaited = results.indices.filter({ results[$0] == nil }), !awaited.isEmpty {
      let (rank, line) = try group.next(awaited: awaited)
      switch RankMessage(line: line) {
      case .ready(let setting):
        build = setting.openBLAS
        if let asked = launch.coreType, !launch.inheritsSteering, asked.lowercased() != setting.kernel.lowercased() {
          throw .coreTypeRefused(asked: asked, used: setting.kernel)
        }
      case .measuring(let seconds): progress(.measuring(seconds: seconds))
      case .done(let result): results[rank] = result
      case .failed(let text, let code): return .failure(.rank(text, code: code))
      case nil: throw .worker("it said \"\(line.prefix(200))\"")
      }
    }
    guard let build, let measurement = merge(results.compactMap(\.self), build) else {
      throw .worker("its ranks did not measure the same operations")
    }
    return .success(measurement)
  }

  private func merge(_ results: [RankMessage.Result], _ build: OpenBLASBuild) -> ReplayMeasurement? {
    guard let first = results.first, results.allSatisfy({ $0.names == first.names && $0.passes == first.passes }),
      let layer = ReplayMeasurement.Times(mean: results.map(\.layer)),
      let clocked = ReplayMeasurement.Times(mean: results.map(\.clocked))
    else { return nil }
    let operations = first.names.indices.compactMap { index in
      ReplayMeasurement.Times(mean: results.map { $0.operations[index] }).map {
        ReplayMeasurement.Operation(name: first.names[index], times: $0)
      }
    }
    return ReplayMeasurement(
      operations: operations, layer: layer, clocked: clocked, interrupted: results.map(\.interrupted).max() ?? 0,
      passes: first.passes, layers: request.layers, openBLAS: build, hardwareThreads: results.map(\.hardwareThreads),
      output: first.output)
  }
}
