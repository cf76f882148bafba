internal import DataFiles
internal import Foundation
internal import HostCalibration
internal import HostModels

/// Fits of timing tables kept between commands: fitting takes seconds, reading a fit a moment.
///
/// A file a table in `gemmcast/fits` of the user's cache folder. It begins with all that decides the fit, the table's text
/// included, and is taken only where that is the same to the letter: the table is not even parsed then. A line with the
/// checksum of the rest follows, a line with what else commands take from the table, and the fitted models as
/// `fit --output` writes them. A file that says otherwise or cannot be read is fitted anew and replaced. Tables that have
/// rows of other devices too are fitted each time.
struct FitCache {
  /// How many fits are kept, the newest: some hundred kilobytes each.
  private static let capacity = 32

  private let folder: String
  private var hasWarned = false

  /// What else commands take from a table.
  private struct Verdict: Codable {
    var gaps: [String]
    var quality: TableQuality?
  }

  /// The fits kept for the user whose environment it is.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    folder = UserFolder.cache.path(in: environment) + "/gemmcast/fits"
  }

  /// The fit of a table, kept or made: the same bit by bit.
  ///
  /// - Parameters:
  ///   - text: the table.
  ///   - devices: the devices whose rows are not of hosts.
  ///   - make: reads and fits it.
  /// - Returns: the fits, and the rows of other devices that the table has.
  /// - Throws: what `make` throws; nothing for what is wrong with the folder or its files.
  mutating func fitted(_ text: String, devices: Set<String>, make: () throws -> FittedTable) throws -> FittedTable {
    let basis = Self.basis(text, without: devices)
    let kept = "\(folder)/\(String(Checksum.crc32(basis), radix: 16)).fit"
    if let table = Self.table(at: kept, basis) { return table }
    let table = try make()
    if table.others.isEmpty, !table.models.isEmpty { keep(table, basis, at: kept) }
    return table
  }

  /// All that decides a fit: the table, the arithmetic that solves, and this build of gemmcast, as another version, or
  /// the same with other code in it, may fit otherwise.
  private static func basis(_ text: String, without devices: Set<String>) -> [UInt8] {
    let solver = OpenBLASBuild.current
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path ?? ""
    let file = try? FileManager.default.attributesOfItem(atPath: program)
    let changed = (file?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    let head = """
      gemmcast \(GemmcastCommand.version), \(file?[.size] ?? 0) bytes of \(changed)
      \(solver.configuration), kernel \(solver.kernel), \(solver.threads) threads
      without: \(devices.sorted().joined(separator: ", "))

      """
    return Array(head.utf8) + Array(text.utf8) + [UInt8(ascii: "\n")]
  }

  /// What says that the rest is what was written: a disk or an editor can change it, and numbers that are off look like
  /// any others.
  private static func checksumLine(_ rest: [UInt8]) -> [UInt8] {
    Array("checksum \(String(Checksum.crc32(rest), radix: 16))\n".utf8)
  }

  /// The table of a file that has the same basis; nil when there is none or it cannot be read.
  private static func table(at path: String, _ basis: [UInt8]) -> FittedTable? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let bytes = [UInt8](data)
    guard bytes.count > basis.count, data.prefix(basis.count) == Data(basis),
      let checksumEnd = bytes[basis.count...].firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let rest = Array(bytes[(checksumEnd + 1)...])
    guard bytes[basis.count...checksumEnd].elementsEqual(checksumLine(rest)),
      let end = rest.firstIndex(of: UInt8(ascii: "\n")),
      let verdict = try? JSONDecoder().decode(Verdict.self, from: Data(rest[..<end])),
      let models = try? FittedModel.models(String(decoding: rest[(end + 1)...], as: UTF8.self), file: path)
    else { return nil }
    return FittedTable(models: models, gaps: verdict.gaps, quality: verdict.quality)
  }

  private mutating func keep(_ table: FittedTable, _ basis: [UInt8], at path: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let models = try? FittedModel.json(table.models),
      let verdict = try? encoder.encode(Verdict(gaps: table.gaps, quality: table.quality))
    else { return }
    let rest = [UInt8](verdict) + [UInt8(ascii: "\n")] + Array(models.utf8)
    keep(String(decoding: basis + Self.checksumLine(rest) + rest, as: UTF8.self), at: path)
  }

  private mutating func keep(_ text: String, at path: String) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try TextFile.write(text, to: path)
      try removeOldest()
    } catch {
      guard !hasWarned else { return }
      hasWarned = true
      let problem = (error as? FileError)?.problem ?? "cannot be created"
      Diagnostics.warning("the fit cannot be kept for the next command: \(folder) \(problem)")
    }
  }

  private func removeOldest() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: URL(fileURLWithPath: folder), includingPropertiesForKeys: [.contentModificationDateKey])
    guard files.count > Self.capacity else { return }
    let dated = files.map { file in
      (
        file,
        (try? file.resourceValues(forKeys: [.contentModificationDateKey]))?.contentModificationDate ?? .distantPast
      )
    }
    // Another command may have removed one already.
    for (file, _) in dated.sorted(by: { $0.1 > $1.1 }).dropFirst(Self.capacity) {
      try? FileManager.default.removeItem(at: file)
    }
  }
}
