internal import HostCalibration

/// A rank's process: its request comes in on standard input, what it measured goes out on standard output.
public enum ReplayWorker {
  /// Serves one request, then waits for the end of the input.
  public static func serve() {
    WorkerPipes.prepare()
    guard let line = WorkerPipes.line() else { return }
    do throws(ReplayError) {
      guard let request = ReplayRequest(line: line) else { throw .notRun("the request cannot be read") }
      let cores: BoundCores
      let region: SharedRegion?
      do {
        // Before another thread starts: until then all others are OpenBLAS's.
        cores = try BoundCores(
          topology: try HostTopology.discover(), threads: request.threads, skipping: request.rank * request.threads,
          moves: request.tp == 1 && request.threads == 1, seed: request.seed)
        region =
          request.tp > 1
          ? try SharedRegion(descriptor: SharedRegion.childDescriptor, bytes: request.sharedBytes) : nil
      } catch {
        throw .calibration(error)
      }
      nonisolated(unsafe) let handedOver = cores
      WorkerPipes.serve { run(request, region: region, cores: handedOver) }
    } catch {
      WorkerPipes.send(RankMessage.failed(error.description, code: error.exitCode).line)
    }
  }

  private static func run(_ request: ReplayRequest, region: SharedRegion?, cores: BoundCores) {
    do throws(ReplayError) {
      let run = try RankRun(request, region: region, cores: cores)
      WorkerPipes.send(RankMessage.ready(RankMessage.Setting(cores.setting.openBLAS)).line)
      var reported = 0.0
      let isWhole = run.measure {
        cores.seekQuiet()
      } report: { seconds in
        // The parent is told now and then, not after each pass.
        guard seconds >= reported + interval, request.rank == 0 else { return }
        reported = seconds
        WorkerPipes.send(RankMessage.measuring(seconds).line)
      }
      guard isWhole, let result = run.result(hardwareThreads: cores.hardwareThreads) else {
        throw .calibration(.worker("the group of ranks came to its end"))
      }
      WorkerPipes.send(RankMessage.done(result).line)
    } catch {
      WorkerPipes.send(RankMessage.failed(error.description, code: error.exitCode).line)
    }
  }

  /// Seconds between two words on how far it is.
  private static let interval = 0.25
}
