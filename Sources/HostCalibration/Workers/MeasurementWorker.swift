internal import Foundation
internal import Synchronization

/// The measuring process's own side: requests in on standard input, results out on standard output.
///
/// It ends when its input does, so a parent that is killed leaves no process behind: the first thread does nothing but
/// wait for input, and ends the process at its end, whatever is being measured. A thread of its own measures, so that the
/// memory which the library takes for a call comes from a heap that nothing else uses (``HeapVariable``).
public enum MeasurementWorker {
  /// Serves requests until standard input ends; failures are messages to the parent.
  ///
  /// - Parameters:
  ///   - threads: how many threads OpenBLAS must have been started with.
  ///   - memoryLimit: bytes that operands may take.
  ///   - pins: whether threads are bound to cores.
  ///   - seed: decides the operands' contents.
  public static func serve(threads: Int, memoryLimit: Double, pins: Bool, seed: UInt64) {
    WorkerPipes.prepare()
    let measurer: InProcessMeasurer
    do {
      // Before the measuring thread starts: until then all others are OpenBLAS's. It inherits this one's core.
      measurer = try InProcessMeasurer(
        topology: try HostTopology.discover(), threads: threads, memoryLimit: memoryLimit, pins: pins, seed: seed,
        probesSharing: true)
    } catch {
      send(.failed(WorkerFailure(error)))
      return
    }
    send(.ready(measurer.setting))

    let requests = LineQueue()
    nonisolated(unsafe) let handedOver = measurer
    WorkerPipes.serve {
      measure(requests, with: handedOver)
    } receive: {
      requests.put($0)
    }
  }

  /// Measures what is asked for, for as long as the process runs.
  private static func measure(_ requests: LineQueue, with measurer: InProcessMeasurer) {
    while true {
      let line = requests.take()
      if line.hasPrefix("trim\t"), let bytes = Double(line.dropFirst(5)) {
        measurer.trim(to: bytes)
        continue
      }
      guard let request = MeasurementRequest(line: line) else {
        send(.failed(.other("a request could not be read")))
        continue
      }
      do {
        send(.measured(try measurer.measure(request)))
      } catch {
        send(.failed(WorkerFailure(error)))
      }
    }
  }

  private static func send(_ message: WorkerMessage) { WorkerPipes.send(message.line) }
}

/// Lines from the reading thread to the measuring one.
private final class LineQueue: Sendable {
  private let lines = Mutex<[String]>([])
  private let available = DispatchSemaphore(value: 0)

  func put(_ line: String) {
    lines.withLock { $0.append(line) }
    available.signal()
  }

  func take() -> String {
    available.wait()
    return lines.withLock { $0.removeFirst() }
  }
}
