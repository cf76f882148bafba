/// A kind of file that none of the readers reads, known by its first bytes: what it is, and how its content is got.
///
/// Signatures: the formats' own documents, as `file(1)` lists them.
public struct FileKind: Hashable, Sendable {
  /// What it is: `a Parquet file`.
  public let name: String
  /// What helps; FILE stands for the path, OUT for the path without its last extension.
  let wayOut: String

  /// The kind of a file's bytes; nil for text and for what is not known.
  ///
  /// O(1), and O(size of the file) for a ZIP archive.
  public init?(_ bytes: some RandomAccessCollection<UInt8>) {
    // Some signatures are letters alone, with which a text may begin as well: binary files soon have control bytes.
    let isBinary = bytes.prefix(4096).contains { $0 < 9 }
    for (signature, isText, name, wayOut) in Self.signatures where isText || isBinary {
      guard bytes.starts(with: signature) else { continue }
      self.init(name: name, wayOut: wayOut)
      return
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      self = Self.archive(bytes)
      return
    }
    if bytes.dropFirst(257).starts(with: "ustar".utf8) {
      self.init(name: "a tar archive", wayOut: "unpack it first: tar -xf FILE")
      return
    }
    guard let page = Self.page(bytes) else { return nil }
    self = page
  }

  init(name: String, wayOut: String) {
    self.name = name
    self.wayOut = wayOut
  }

  /// The error of a reader that was given such a file.
  public func error(_ path: String) -> FileError {
    let isStream = path == "-"
    let base = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let stem = base.lastIndex(of: ".").map { $0 > base.startIndex ? String(path[..<$0]) : path } ?? path
    let words = wayOut.split(separator: " ", omittingEmptySubsequences: false).map { word in
      switch word {
      case "FILE": isStream ? "FILE" : ShellWord.quoted(path)
      case "FILE.csv": isStream ? "FILE.csv" : ShellWord.quoted(path + ".csv")
      case "OUT": isStream ? "OUT" : ShellWord.quoted(stem == path ? path + ".txt" : stem)
      default: String(word)
      }
    }
    return FileError(.malformed, file: path, problem: "is \(name)", remedy: words.joined(separator: " "))
  }

  private static func archive(_ bytes: some RandomAccessCollection<UInt8>) -> FileKind {
    // The names of an archive's files stand in it as they are.
    func holds(_ name: String) -> Bool {
      let wanted = Array(name.utf8)
      return bytes.indices.contains { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
    }
    if holds("xl/workbook.xml") {
      return FileKind(name: "an Excel workbook (XLSX)", wayOut: "save its sheet as CSV with commas")
    }
    if holds("word/document.xml") || holds("META-INF/manifest.xml") {
      return FileKind(name: "an office document", wayOut: "save its table as CSV with commas")
    }
    if holds(".npy") { return FileKind(name: "a NumPy archive", wayOut: "write it as CSV first") }
    return FileKind(name: "a ZIP archive", wayOut: "unpack it first: unzip FILE")
  }

  /// Texts that stand in a file's place.
  private static func page(_ bytes: some RandomAccessCollection<UInt8>) -> FileKind? {
    let text = String(decoding: bytes.prefix(64), as: UTF8.self).lowercased().drop { $0.isWhitespace }
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      return FileKind(name: "a web page", wayOut: "save the file itself; on GitHub that is behind Raw")
    }
    if text.hasPrefix("version https://git-lfs") {
      return FileKind(name: "a pointer of Git LFS", wayOut: "fetch the file itself: git lfs pull")
    }
    return nil
  }

  private static let toCSV = "write it as CSV first: scripts/parquet_to_csv.py FILE > FILE.csv"

  /// First bytes, whether they alone decide, what it is, what helps.
  private static let signatures: [([UInt8], Bool, String, String)] = [
    (Array("PAR1".utf8), false, "a Parquet file", toCSV),
    (Array("PARE".utf8), false, "an encrypted Parquet file", "decrypt it, and write it as CSV"),
    (Array("ARROW1".utf8), false, "an Arrow (Feather) file", toCSV),
    (Array("FEA1".utf8), false, "a Feather file", toCSV),
    ([0xFF, 0xFF, 0xFF, 0xFF], true, "an Arrow stream", toCSV),
    (Array("ORC".utf8), false, "an ORC file", "write it as CSV first"),
    (Array("Obj\u{1}".utf8), false, "an Avro file", "write it as CSV first"),
    ([0x1F, 0x8B], true, "compressed with gzip", "unpack it first: gunzip -c FILE > OUT"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], true, "compressed with xz", "unpack it first: xz -dc FILE > OUT"),
    ([0x28, 0xB5, 0x2F, 0xFD], true, "compressed with zstd", "unpack it first: zstd -dc FILE > OUT"),
    (Array("BZh".utf8), false, "compressed with bzip2", "unpack it first: bzip2 -dc FILE > OUT"),
    ([0x04, 0x22, 0x4D, 0x18], true, "compressed with lz4", "unpack it first: lz4 -dc FILE > OUT"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], true, "a 7-Zip archive", "unpack it first: 7z x FILE"),
    (
      Array("SQLite format 3\u{0}".utf8), true, "an SQLite database, as nsys exports",
      "write the table that is meant as CSV: sqlite3 -header -csv FILE 'SELECT * FROM …' > FILE.csv"
    ),
    ([0x89, 0x48, 0x44, 0x46], true, "an HDF5 file", "write the table that is meant as CSV"),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], true, "a NumPy array", "write it as CSV first"),
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], true, "an Excel workbook (XLS)", "save its sheet as CSV"),
    (Array("%PDF-".utf8), true, "a PDF file", "copy the table out of it as CSV"),
    ([0x89, 0x50, 0x4E, 0x47], true, "a PNG picture", "a text file is expected"),
    ([0x7F, 0x45, 0x4C, 0x46], true, "a program", "a text file is expected"),
    (Array("GGUF".utf8), false, "a model's weights (GGUF)", "the config.json of the model is expected"),
    ([0x80, 0x02], true, "a Python pickle", "write it as CSV or JSON first"),
    ([0x80, 0x03], true, "a Python pickle", "write it as CSV or JSON first"),
    ([0x80, 0x04, 0x95], true, "a Python pickle", "write it as CSV or JSON first"),
    ([0x80, 0x05, 0x95], true, "a Python pickle", "write it as CSV or JSON first"),
    ([0xFF, 0xFE], true, "UTF-16 text", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > FILE.csv"),
    ([0xFE, 0xFF], true, "UTF-16 text", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > FILE.csv"),
  ]
}
