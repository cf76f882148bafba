internal import Foundation
internal import GEMMTiming

/// A child process that measures, with a kernel and a number of threads that are set before its OpenBLAS starts.
///
/// OpenBLAS chooses its kernel and makes its threads when it is loaded: setting variables in a running program is too
/// late. Inherited variables that steer it are taken out, except where ``CoreTypeChoice/inherited`` asks for them.
public final class WorkerProcess: Measurer {
  /// How to start one.
  public struct Launch: Hashable, Sendable {
    /// The program, which must serve requests on standard input (``MeasurementWorker``) when given the arguments.
    public var executable: String
    /// What comes before the worker's own options: `measure-worker`.
    public var arguments: [String]
    /// Bytes that operands may take.
    public var memoryLimit: Double
    /// Whether threads are bound to cores.
    public var pins: Bool
    /// Decides the operands' contents.
    public var seed: UInt64
    /// Seconds without an answer and without any work after which a worker is given up.
    public var silence: Double

    /// Describes how a worker is started.
    public init(
      executable: String, arguments: [String], memoryLimit: Double, pins: Bool = true, seed: UInt64 = 1,
      silence: Double = 30
    ) {
      self.executable = executable
      self.arguments = arguments
      self.memoryLimit = memoryLimit
      self.pins = pins
      self.seed = seed
      self.silence = silence
    }
  }

  /// What the child found itself to run with.
  public let setting: MeasurerSetting

  private let process: ChildProcess
  private let reader: WorkerReader
  private let silence: Double

  /// Flop/s that a call reaches however busy the machine is, and how many calls a request may make of a long one.
  private static let (leastSpeed, mostCalls) = (1e9, 16.0)
  /// How many times ``Launch/silence`` a worker may take until it is ready.
  private static let starting = 4.0

  /// Starts a worker and waits until it is ready.
  ///
  /// - Parameters:
  ///   - launch: the program and what it is told.
  ///   - threads: how many threads its OpenBLAS starts with.
  ///   - coreType: the kernel to ask for; nil leaves the choice to OpenBLAS.
  ///   - inheritsSteering: whether the variables in force stay, threads excepted.
  ///   - stop: ends waiting when raised.
  /// - Throws: ``CalibrationError``: no such program, a refused kernel, too many threads, an early end.
  public init(
    _ launch: Launch, threads: Int, coreType: String?, inheritsSteering: Bool = false, stop: StopFlag = StopFlag()
  ) throws(CalibrationError) {
    process = try ChildProcess(
      launch.executable,
      arguments: launch.arguments + [
        "--threads", String(threads), "--memory-limit", "\(launch.memoryLimit)", "--seed", String(launch.seed),
      ] + (launch.pins ? [] : ["--no-pin"]),
      environment: SteeringVariable.environment(
        coreType: coreType, threads: threads, inheritsSteering: inheritsSteering))
    reader = WorkerReader([process], silence: launch.silence, stop: stop)
    silence = launch.silence
    do throws(CalibrationError) {
      guard
        case .ready(let setting) = try Self.message(
          from: reader, process: process, shape: nil, within: Self.starting * launch.silence)
      else { throw .worker("it did not say what it runs with") }
      if let coreType, !inheritsSteering, setting.openBLAS.kernel.lowercased() != coreType.lowercased() {
        throw .coreTypeRefused(asked: coreType, used: setting.openBLAS.kernel)
      }
      self.setting = setting
    } catch {
      process.end()
      throw error
    }
  }

  deinit { close() }

  /// Sends one request and waits for its result.
  public func measure(_ request: MeasurementRequest) throws(CalibrationError) -> Measurement {
    guard process.write(request.line + "\n") else { throw .worker(process.cause) }
    let calls = Self.mostCalls * request.item.shape.flops / Self.leastSpeed
    guard
      case .measured(let result) = try Self.message(
        from: reader, process: process, shape: request.item.shape,
        within: silence + request.timeLimit + request.patience + calls)
    else { throw .worker("it answered out of turn") }
    return result
  }

  /// Tells the process to free its operands when they take more than so many bytes.
  public func trim(to bytes: Double) {
    // A process that is gone is noticed by the next request.
    _ = process.write("trim\t\(bytes)\n")
  }

  /// Ends the process; a long call is not waited for.
  public func close() { process.end() }

  private static func message(
    from reader: WorkerReader, process: ChildProcess, shape: GEMMShape?, within seconds: Double
  ) throws(CalibrationError) -> WorkerMessage {
    let line: String
    reader.restart()
    do {
      line = try reader.next(of: [0], within: seconds).line
    } catch {
      // A process that was given up would go on after the next SIGCONT.
      if case .worker = error { process.end() }
      throw error
    }
    guard let message = WorkerMessage(line: line) else { throw .worker("it said \"\(line.prefix(200))\"") }
    if case .failed(let failure) = message { throw failure.error(for: shape) }
    return message
  }
}
