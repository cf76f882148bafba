internal import DataFiles
internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import HostModels

/// Fits of timing tables kept between commands: fitting takes seconds, reading a fit a moment.
///
/// A file a table in `gemmcast/fits` of the user's cache folder. It begins with all that decides the fit, the table's text
/// included, and is taken only where that is the same to the letter; a line with the checksum of the rest and the fitted
/// models follow, these as `fit --output` writes them. A file that says otherwise, does not have its checksum or cannot
/// be read is fitted anew and replaced; where none can be written, each command fits.
struct FitCache {
  /// How many fits are kept, the newest: some hundred kilobytes each.
  private static let capacity = 32

  private let folder: String
  private var hasWarned = false

  /// The fits kept for the user whose environment it is.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    folder = UserFolder.cache.path(in: environment) + "/gemmcast/fits"
  }

  /// The fit of a table, kept or made: the same bit by bit.
  ///
  /// - Parameters:
  ///   - table: the rows to fit.
  ///   - text: the file that they are from.
  ///   - path: where the file is, for who waits.
  ///   - others: the file's devices whose rows are not among them.
  /// - Returns: a model for each group of rows.
  /// - Throws: `FitError`; nothing for what is wrong with the folder or its files.
  mutating func fit(
    _ table: TimingTable, from text: String, at path: String, without others: Set<String>
  ) throws(FitError) -> [FittedModel] {
    let basis = Self.basis(text, without: others)
    let kept = "\(folder)/\(Self.name(basis)).fit"
    if let models = Self.models(at: kept, basis) { return models }
    Diagnostics.fitting(table.rows.count, of: path)
    let models = try FittedModel.fit(table, solver: LAPACKSolver())
    let body = FittedModel.json(models)
    keep(basis + Self.checksumLine(body.utf8) + body, at: kept)
    return models
  }

  /// All that decides a fit: the table, the arithmetic that solves, and this build of gemmcast, as another version, or
  /// the same with other code in it, may fit otherwise.
  private static func basis(_ text: String, without others: Set<String>) -> String {
    let solver = OpenBLASBuild.current
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().path ?? ""
    let file = try? FileManager.default.attributesOfItem(atPath: program)
    let changed = (file?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return """
      gemmcast \(GemmcastCommand.version), \(file?[.size] ?? 0) bytes of \(changed)
      \(solver.configuration), kernel \(solver.kernel), \(solver.threads) threads
      without: \(others.sorted().joined(separator: ", "))
      \(text)

      """
  }

  /// A file's name that two tables rarely share, where the later replaces the earlier.
  private static func name(_ basis: String) -> String { hash(basis.utf8) }

  /// What says that the models behind it are those that were written: a disk or an editor can change them, and numbers
  /// that are off look like any others.
  private static func checksumLine(_ body: some Sequence<UInt8>) -> String { "checksum \(hash(body))\n" }

  /// FNV-1a of 64 bits (Fowler, Noll and Vo), in hexadecimal digits.
  private static func hash(_ bytes: some Sequence<UInt8>) -> String {
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }

  /// The models of a file that has the same basis; nil when there is none or it cannot be read.
  private static func models(at path: String, _ basis: String) -> [FittedModel]? {
    guard let text = try? TextFile.read(path), text.hasPrefix(basis) else { return nil }
    let rest = text[text.utf8.index(text.startIndex, offsetBy: basis.utf8.count)...]
    guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let body = rest[rest.utf8.index(after: end)...]
    guard rest[...end] == checksumLine(body.utf8) else { return nil }
    return try? FittedModel.models(JSONDocument(text: String(body), file: path))
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
