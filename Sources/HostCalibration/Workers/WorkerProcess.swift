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

    /// Describes how a worker is started.
    public init(executable: String, arguments: [String], memoryLimit: Double, pins: Bool = true, seed: UInt64 = 1) {
      self.executable = executable
      self.arguments = arguments
      self.memoryLimit = memoryLimit
      self.pins = pins
      self.seed = seed
    }
  }

  /// What the child found itself to run with.
  public let setting: MeasurerSetting

  private let process: Process
  private let input: Pipe
  private let reader: PipeReader

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
    // A worker that died must be an error of the next write, not a signal that ends this process.
    signal(SIGPIPE, SIG_IGN)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: launch.executable)
    process.arguments =
      launch.arguments + [
        "--threads", String(threads), "--memory-limit", "\(launch.memoryLimit)", "--seed", String(launch.seed),
      ] + (launch.pins ? [] : ["--no-pin"])
    let inherited = ProcessInfo.processInfo.environment
    process.environment = HeapVariable.adding(
      to: inheritsSteering
        ? inherited.merging(SteeringVariable.threads(threads)) { $1 }
        : SteeringVariable.clean(inherited, coreType: coreType, threads: threads))
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw .worker("\(launch.executable) cannot be started: \(error.localizedDescription)")
    }
    self.process = process
    self.input = input
    reader = PipeReader(output, stop: stop)
    do throws(CalibrationError) {
      guard case .ready(let setting) = try Self.message(from: reader, process: process, shape: nil) else {
        throw .worker("it did not say what it runs with")
      }
      if let coreType, !inheritsSteering, setting.openBLAS.kernel.lowercased() != coreType.lowercased() {
        throw .coreTypeRefused(asked: coreType, used: setting.openBLAS.kernel)
      }
      self.setting = setting
    } catch {
      Self.end(process, input)
      throw error
    }
  }

  deinit { close() }

  /// Sends one request and waits for its result.
  public func measure(_ request: MeasurementRequest) throws(CalibrationError) -> Measurement {
    do {
      try input.fileHandleForWriting.write(contentsOf: Data((request.line + "\n").utf8))
    } catch {
      throw .worker(Self.cause(process))
    }
    guard case .measured(let result) = try Self.message(from: reader, process: process, shape: request.item.shape)
    else { throw .worker("it answered out of turn") }
    return result
  }

  /// Tells the process to free its operands when they take more than so many bytes.
  public func trim(to bytes: Double) {
    // A process that is gone is noticed by the next request.
    try? input.fileHandleForWriting.write(contentsOf: Data("trim\t\(bytes)\n".utf8))
  }

  /// Ends the process.
  public func close() { Self.end(process, input) }

  private static func end(_ process: Process, _ input: Pipe) {
    try? input.fileHandleForWriting.close()
    // A long call is not waited for.
    if process.isRunning { process.terminate() }
  }

  private static func message(
    from reader: PipeReader, process: Process, shape: GEMMShape?
  ) throws(CalibrationError) -> WorkerMessage {
    guard let line = try reader.line() else { throw .worker(cause(process)) }
    guard let message = WorkerMessage(line: line) else { throw .worker("it said \"\(line.prefix(200))\"") }
    if case .failed(let failure) = message { throw failure.error(for: shape) }
    return message
  }

  /// How a process that fell silent ended.
  private static func cause(_ process: Process) -> String {
    // Its pipes close a moment before it can be waited for.
    for _ in 0..<100 where process.isRunning { usleep(10_000) }
    guard !process.isRunning else { return "it closed its output" }
    let status = process.terminationStatus
    guard process.terminationReason == .uncaughtSignal else { return "it ended with exit code \(status)" }
    let name = strsignal(status).map { String(cString: $0) } ?? "unknown"
    return "it was ended by signal \(status) (\(name))"
      + (status == SIGILL ? "; this CPU cannot run the kernel" : status == SIGKILL ? "; memory may have run out" : "")
  }
}

/// Lines from a pipe, with a look at the stop flag while waiting.
private final class PipeReader {
  private let pipe: Pipe
  private let stop: StopFlag
  private var buffer: [UInt8] = []

  init(_ pipe: Pipe, stop: StopFlag) {
    self.pipe = pipe
    self.stop = stop
  }

  /// The next line; nil at the end of input.
  func line() throws(CalibrationError) -> String? {
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line
      }
      if stop.isRaised { throw .stopped }
      var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&query, 1, 100)
      if ready == 0 || (ready < 0 && errno == EINTR) { continue }
      var chunk = Array(repeating: UInt8(0), count: 65536)
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      buffer += chunk.prefix(count)
    }
  }
}
