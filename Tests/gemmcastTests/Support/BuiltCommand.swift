import Foundation
import TestSupport

/// The built binary, run as a user runs it.
enum BuiltCommand {
  struct Result {
    let status: Int32
    let output: String
    let diagnostics: String
  }

  enum Output { case standardOutput, standardError }

  /// The executable beside the test bundle.
  static var executable: URL { BuiltExecutable.url }

  /// The cache folder of all runs that name none, so that the tests fit each table once; never the user's own.
  static var cache: URL { executable.deletingLastPathComponent().appendingPathComponent("gemmcast-tests-cache") }

  /// Runs a command line to its end.
  ///
  /// Parameters are those of ``start(_:environment:directory:full:)``.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, full: Set<Output> = []
  ) throws -> Result {
    let started = try start(arguments, environment: environment, directory: directory, full: full)
    return try started.result()
  }

  /// Starts a command line, with nothing inherited but `PATH`, a `HOME` of its own and what is given.
  ///
  /// Output goes through files: two pipes that fill up would wait for each other. `full` are those that nothing can be
  /// written to, as to a disk without space.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, full: Set<Output> = []
  ) throws -> Started {
    try start(executable, arguments, environment: environment, directory: directory, full: full)
  }

  /// Runs a line of the shell so, in which `$GEMMCAST` is the executable: for limits and file descriptors.
  static func shell(_ line: String, environment: [String: String] = [:]) throws -> Result {
    let variables = environment.merging(["GEMMCAST": executable.path]) { $1 }
    return try start(URL(fileURLWithPath: "/bin/sh"), ["-c", line], environment: variables, directory: nil, full: [])
      .result()
  }

  private static func start(
    _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL?, full: Set<Output>
  ) throws -> Started {
    let folder = try TemporaryFolder()
    for name in ["stdout", "stderr"] { try Data().write(to: folder.url(name)) }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = directory ?? folder.root
    var variables = ["PATH": "/usr/bin:/bin", "HOME": folder.root.path, "XDG_CACHE_HOME": cache.path]
    variables.merge(environment) { $1 }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    let device = URL(fileURLWithPath: "/dev/full")
    process.standardOutput = try FileHandle(
      forWritingTo: full.contains(.standardOutput) ? device : folder.url("stdout"))
    process.standardError = try FileHandle(forWritingTo: full.contains(.standardError) ? device : folder.url("stderr"))
    try process.run()
    return Started(process: process, folder: folder)
  }
}

extension BuiltCommand {
  /// A command under way, with the folder that its output goes to.
  struct Started {
    let process: Process
    let folder: TemporaryFolder

    /// What it has written to standard error so far.
    var diagnostics: String { (try? String(contentsOf: folder.url("stderr"), encoding: .utf8)) ?? "" }

    /// Waits for its end.
    func result() throws -> Result {
      process.waitUntilExit()
      return Result(
        status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
        output: try String(contentsOf: folder.url("stdout"), encoding: .utf8), diagnostics: diagnostics)
    }
  }
}

/// A folder that lives as long as the value.
final class TemporaryFolder {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("gemmcast-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: url(name))
    return url(name).path
  }
}
