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
    // A terminal's Ctrl-C reaches the whole group; the parent decides what it means.
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_DFL)
    signal(SIGPIPE, SIG_DFL)
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
    Thread { measure(requests, with: handedOver) }.start()
    while let line = readLine() { requests.put(line) }
    exit(0)
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

  private static func send(_ message: WorkerMessage) {
    var bytes = Array((message.line + "\n").utf8)
    while !bytes.isEmpty {
      let written = write(STDOUT_FILENO, bytes, bytes.count)
      if written < 0 {
        if errno == EINTR { continue }
        exit(0)  // nobody listens any more
      }
      bytes.removeFirst(written)
    }
  }
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
