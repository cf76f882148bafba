internal import Dispatch
internal import Foundation
internal import HostCalibration
internal import Synchronization

/// Turns Ctrl-C and SIGTERM into a raised stop flag, so that a calibration ends with what is finished.
struct StopSignals {
  /// The flag that is raised.
  let flag = StopFlag()
  private let received = FirstSignal()
  private let sources: [any DispatchSourceSignal]

  /// Starts to listen.
  init() {
    sources = [SIGINT, SIGTERM].map { [flag, received] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        received.record(number)
        flag.raise()
      }
      source.resume()
      return source
    }
  }

  /// The exit code that a shell expects after the signal (128 + its number); nil when none came.
  var exitCode: Int32? { received.number.map { 128 + $0 } }
}

/// The number of the first signal that came.
private final class FirstSignal: Sendable {
  private let stored = Mutex<Int32?>(nil)

  var number: Int32? { stored.withLock { $0 } }

  func record(_ number: Int32) { stored.withLock { $0 = $0 ?? number } }
}
