import DataFiles
import Foundation
import Testing

@Suite struct FileKindTests {
  /// First bytes as `file(1)` lists them, with a byte behind that no text has.
  @Test(arguments: [
    ("PAR1\u{15}\u{4}", "a Parquet file", "scripts/parquet_to_csv.py /d/t.x > /d/t.x.csv"),
    ("ARROW1\u{0}\u{0}", "an Arrow (Feather) file", "scripts/parquet_to_csv.py"),
    ("FEA1\u{0}", "a Feather file", "scripts/parquet_to_csv.py"),
    ("BZh9\u{1}", "compressed with bzip2", "bzip2 -dc /d/t.x > /d/t"),
    ("SQLite format 3\u{0}", "an SQLite database, as nsys exports", "sqlite3 -header -csv /d/t.x"),
    ("PK\u{3}\u{4} [Content_Types].xml xl/workbook.xml", "an Excel workbook (XLSX)", "save its sheet as CSV"),
    ("PK\u{3}\u{4} weights.npy", "a NumPy archive", "CSV"),
    ("PK\u{3}\u{4} readme", "a ZIP archive", "unzip /d/t.x"),
    ("%PDF-1.7", "a PDF file", "CSV"),
    ("\n<!DOCTYPE html>", "a web page", "Raw"),
    ("version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS", "git lfs pull"),
  ])
  func aFileIsNamedByItsFirstBytes(_ text: String, _ name: String, _ remedy: String) {
    let error = FileKind(Data(text.utf8))?.error("/d/t.x")
    #expect(error?.problem == "is \(name)" && error?.kind == .malformed)
    #expect(error?.remedy.contains(remedy) == true, "\(error?.remedy ?? "")")
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 0x08], "compressed with gzip", "gunzip -c 't a.csv.gz' > 't a.csv'"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "compressed with xz", "xz -dc 't a.csv.gz' > 't a.csv'"),
      ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "zstd -dc 't a.csv.gz' > 't a.csv'"),
      ([0xFF, 0xFF, 0xFF, 0xFF, 0x10], "an Arrow stream", "parquet_to_csv.py 't a.csv.gz' > 't a.csv.gz.csv'"),
      ([0xFF, 0xFE, 0x6D, 0x00], "UTF-16 text", "iconv -f UTF-16 -t UTF-8 't a.csv.gz'"),
    ] as [([UInt8], String, String)])
  func theCommandCanBeTypedAsItStands(_ bytes: [UInt8], _ name: String, _ remedy: String) {
    let error = FileKind(bytes)?.error("t a.csv.gz")
    #expect(error?.problem == "is \(name)" && error?.remedy.contains(remedy) == true, "\(error?.remedy ?? "")")
    #expect(FileKind(bytes)?.error("-").remedy.contains("-c -") == false)
  }

  @Test(arguments: ["", "m,n,k\n", "PAR1,m,n\n1,2,3\n", "ORC\n", "BZh\n", "{\"a\": 1}", "é\u{1B}[0m\n", "# size\n"])
  func textIsNoOtherKind(text: String) { #expect(FileKind(Data(text.utf8)) == nil) }

  @Test func readingAFileNamesItsKind() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("FileKindTests-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data([0x1F, 0x8B, 0x08, 0x00]).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: FileError.self) { try TextFile.read(path) }
    #expect(error?.problem == "is compressed with gzip")
  }
}
