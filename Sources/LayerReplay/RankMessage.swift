internal import Foundation
internal import HostCalibration

/// What a rank says to its parent: one line of JSON each.
enum RankMessage: Codable {
  /// Bound, and its weights are filled.
  case ready(Setting)
  /// Seconds of measuring so far.
  case measuring(Double)
  case done(Result)
  case failed(String, code: Int32)

  /// What a rank runs with.
  struct Setting: Codable {
    var version: String
    var configuration: String
    var kernel: String
    var threads: Int
    var threading: String

    init(_ build: OpenBLASBuild) {
      (version, configuration, kernel) = (build.version, build.configuration, build.kernel)
      (threads, threading) = (build.threads, build.threading.rawValue)
    }

    var openBLAS: OpenBLASBuild {
      OpenBLASBuild(
        version: version, configuration: configuration, kernel: kernel, threads: threads,
        threading: OpenBLASBuild.Threading(rawValue: threading) ?? .sequential)
    }
  }

  /// What a rank measured.
  struct Result: Codable {
    var names: [String]
    var operations: [ReplayMeasurement.Times]
    var layer: ReplayMeasurement.Times
    var clocked: ReplayMeasurement.Times
    var passes: Int
    var interrupted: Double
    var hardwareThreads: [Int]
    var output: ReplayMeasurement.Output
  }

  /// The message as a line without its end.
  var line: String { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

  /// Reads a line; nil when it is no message.
  init?(line: String) {
    guard let message = try? JSONDecoder().decode(Self.self, from: Data(line.utf8)) else { return nil }
    self = message
  }
}
