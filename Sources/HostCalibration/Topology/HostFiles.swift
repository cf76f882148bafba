internal import Foundation

/// The files in which Linux describes the machine, below a root that tests can put elsewhere.
public struct HostFiles: Hashable, Sendable {
  /// What stands before `/proc` and `/sys`; empty for the machine's own.
  public var root: String

  /// Files below `root`.
  public init(root: String = "") { self.root = root }

  /// The text of a file; nil when it cannot be read.
  func text(_ path: String) -> String? {
    // Files of /proc have no size: they are read to their end.
    guard let handle = FileHandle(forReadingAtPath: root + path) else { return nil }
    defer { try? handle.close() }
    guard let data = try? handle.readToEnd() else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// Whether a file or folder is there.
  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + path) }

  /// A number of /proc/meminfo in bytes; nil when it is not listed.
  func memoryInformation(_ name: String) -> Int? {
    for line in (text("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix(name + ":") {
      let fields = line.split(whereSeparator: \.isWhitespace)
      guard fields.count >= 2, let kibibytes = Int(fields[1]) else { return nil }
      let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
      return overflow ? nil : bytes
    }
    return nil
  }

  /// A field of the first processor in /proc/cpuinfo.
  func processorInformation(_ name: String) -> String? {
    for line in (text("/proc/cpuinfo") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name {
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        return value.isEmpty ? nil : value
      }
    }
    return nil
  }
}
