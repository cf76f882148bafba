internal import Foundation

/// A child process with pipes to its standard input and from its standard output.
///
/// Foundation's `Process` and `Pipe` trap where the system has no more open files to give; here that is an error.
/// Signals are as a shell gives them to a command, whatever this process made of them.
final class ChildProcess {
  /// Its process id.
  let identifier: pid_t
  /// What it reads; closed by ``end(within:)``.
  private var input: Int32
  /// What it writes.
  let output: Int32
  private var status: Int32?

  /// Starts a program; `shared` is a file that it finds open as ``SharedRegion/childDescriptor``.
  ///
  /// - Throws: ``CalibrationError/outOfResources(_:)`` without open files or processes, ``CalibrationError/worker(_:)`` for
  ///   a program that cannot be run.
  init(
    _ executable: String, arguments: [String], environment: [String: String], sharing shared: Int32? = nil
  ) throws(CalibrationError) {
    // A child that died must be an error of the next write, not a signal that ends this process.
    signal(SIGPIPE, SIG_IGN)
    let toChild = try Self.pipe()
    let fromChild: (reading: Int32, writing: Int32)
    do {
      fromChild = try Self.pipe()
    } catch {
      for descriptor in [toChild.reading, toChild.writing] { close(descriptor) }
      throw error
    }
    let result = Self.spawn(
      executable, [executable] + arguments, environment.map { "\($0.key)=\($0.value)" },
      input: toChild.reading, output: fromChild.writing, shared: shared)
    for descriptor in [toChild.reading, fromChild.writing] { close(descriptor) }
    guard case .success(let identifier) = result else {
      for descriptor in [toChild.writing, fromChild.reading] { close(descriptor) }
      if case .failure(let error) = result { throw error }
      throw .worker("\(executable) cannot be started")
    }
    (self.identifier, input, output) = (identifier, toChild.writing, fromChild.reading)
  }

  deinit {
    end()
    close(output)
  }

  /// Writes to its input; false when it reads no more.
  func write(_ text: String) -> Bool { WorkerPipes.write(text, to: input) }

  /// How it ended, waiting up to so many seconds; nil while it runs.
  func waitStatus(within seconds: Double) -> Int32? {
    let end = MonotonicClock.now() + seconds
    while status == nil {
      var code: Int32 = 0
      let found = waitpid(identifier, &code, WNOHANG)
      if found == identifier {
        status = code
      } else if found < 0, errno != EINTR {
        status = 0
      } else if MonotonicClock.now() >= end {
        break
      } else {
        usleep(2000)
      }
    }
    return status
  }

  /// How it ended, for one that fell silent.
  var cause: String {
    // Its pipes close a moment before it can be waited for.
    guard let status = waitStatus(within: 1) else { return "it closed its output" }
    // The macros of wait(2): the low seven bits are the signal, the next byte the exit code.
    let number = status & 0x7f
    guard number != 0 else { return "it ended with exit code \(status >> 8 & 0xff)" }
    let name = strsignal(number).map { String(cString: $0) } ?? "unknown"
    return "it was ended by signal \(number) (\(name))"
      + (number == SIGILL ? "; this CPU cannot run the kernel" : number == SIGKILL ? "; memory may have run out" : "")
  }

  /// Closes its input and ends it: by SIGTERM, and by SIGKILL where that does not end it soon.
  func end(within seconds: Double = 0.5) {
    if input >= 0 { close(input) }
    input = -1
    guard waitStatus(within: 0) == nil else { return }
    kill(identifier, SIGTERM)
    guard waitStatus(within: seconds) == nil else { return }
    kill(identifier, SIGKILL)
    _ = waitStatus(within: 5)
  }

  private static func pipe() throws(CalibrationError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else {
      throw .outOfResources(
        "no pipe to a measuring process: \(reason(errno)); raise the limit, as with `ulimit -n 1024`")
    }
    // No other child may hold an end: one that is left alone must find its input closed.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], _ environment: [String], input: Int32, output: Int32, shared: Int32?
  ) -> Result<pid_t, CalibrationError> {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    if let shared { posix_spawn_file_actions_adddup2(&actions, shared, SharedRegion.childDescriptor) }
    var (blocked, usual) = (sigset_t(), sigset_t())
    sigemptyset(&blocked)
    sigemptyset(&usual)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&usual, number) }
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let (words, variables) = (arguments.map { strdup($0) }, environment.map { strdup($0) })
    defer { for text in words + variables { free(text) } }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, executable, &actions, &attributes, words + [nil], variables + [nil])
    switch code {
    case 0: return .success(identifier)
    case EAGAIN, ENOMEM, EMFILE, ENFILE:
      return .failure(.outOfResources("no measuring process can be started: \(reason(code))"))
    default: return .failure(.worker("\(executable) cannot be started: \(reason(code))"))
    }
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

extension WorkerProcess {
  /// Open files that a calibration needs beside those that are open when it begins: two a kernel on trial, and some of its own.
  private static let neededFiles = 24

  /// Fails early where the system gives fewer open files than a calibration needs.
  ///
  /// What turns signals into events traps without one.
  ///
  /// - Throws: ``CalibrationError/outOfResources(_:)``.
  public static func requireOpenFiles() throws(CalibrationError) {
    var files: [Int32] = []
    defer { for file in files { Glibc.close(file) } }
    for _ in 0..<neededFiles {
      let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard file >= 0 else {
        let reason = String(cString: strerror(errno))
        throw .outOfResources(
          "a calibration needs \(neededFiles) open files, and gets \(files.count) (\(reason)); raise the limit: ulimit -n 1024"
        )
      }
      files.append(file)
    }
  }
}
