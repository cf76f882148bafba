import Foundation

/// The built binary, run as a user runs it.
enum BuiltCommand {
  struct Result {
    let status: Int32
    let output: String
    let diagnostics: String
  }

  enum Output { case standardOutput, standardError }

  /// The executable beside the test bundle.
  static var executable: URL {
    let bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("gemmcast")
  }

  /// The cache folder of all runs that name none, so that the tests fit each table once; never the user's own.
  static var cache: URL { executable.deletingLastPathComponent().appendingPathComponent("gemmcast-tests-cache") }

  /// Runs a command line to its end, with nothing inherited but `PATH`, a `HOME` of its own and what is given.
  ///
  /// Output goes through files: two pipes that fill up would wait for each other. `full` are those that nothing can be
  /// written to, as to a disk without space.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, full: Set<Output> = []
  ) throws -> Result {
    let folder = try TemporaryFolder()
    let (outputURL, errorURL) = (folder.url("stdout"), folder.url("stderr"))
    for url in [outputURL, errorURL] { try Data().write(to: url) }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = directory ?? folder.root
    var variables = ["PATH": "/usr/bin:/bin", "HOME": folder.root.path, "XDG_CACHE_HOME": cache.path]
    variables.merge(environment) { $1 }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    let device = URL(fileURLWithPath: "/dev/full")
    process.standardOutput = try FileHandle(forWritingTo: full.contains(.standardOutput) ? device : outputURL)
    process.standardError = try FileHandle(forWritingTo: full.contains(.standardError) ? device : errorURL)
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try String(contentsOf: outputURL, encoding: .utf8),
      diagnostics: try String(contentsOf: errorURL, encoding: .utf8))
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
