import DataFiles
import SeededRandom
import Testing

@Suite struct CSVDocumentTests {
  private func read(_ text: String) throws -> CSVDocument { try CSVDocument(text: text, file: "t.csv") }

  private func failure(_ text: String) -> String {
    do {
      let document = try CSVDocument(text: text, file: "t.csv")
      return "read: \(document.header) \(document.rows)"
    } catch { return error.description }
  }

  /// Random tables of awkward fields come back as they were.
  @Test(arguments: 0..<200)
  func roundTrips(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let pieces = ["a", "é", "\"", "\"\"", ",", "\n", "\r\n", " ", "\t", "'", "1.5", "日本", ";", "#", "🙂"]
    func field() -> String {
      (0..<Int.random(in: 0...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    let width = Int.random(in: 2...5, using: &random)
    let header = (0..<width).map { "c\($0)" + field() }
    let rows = (0..<Int.random(in: 0...8, using: &random)).map { _ in (0..<width).map { _ in field() } }
    let document = try read(CSVDocument.serialize(header: header, rows: rows))
    #expect(document.header == header)
    #expect(document.rows == rows)
    for (position, name) in header.enumerated() { #expect(document.column(name) == position) }
  }

  @Test func quotesFieldsOnlyWhereTheyNeedIt() {
    let text = CSVDocument.serialize(
      header: ["plain", "comma"], rows: [["a b", "a,b"], ["say \"hi\"", "two\nlines"], [" lead", ""]])
    #expect(text == "plain,comma\na b,\"a,b\"\n\"say \"\"hi\"\"\",\"two\nlines\"\n\" lead\",\n")
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func lineEndsOfEverySystemAreTheSame(end: String) throws {
    for last in [end, ""] {
      let document = try read(["a,b", "1,2", "3,"].joined(separator: end) + last)
      #expect(document.header == ["a", "b"])
      #expect(document.rows == [["1", "2"], ["3", ""]])
    }
  }

  @Test func aByteOrderMarkIsNoPartOfTheFirstName() throws {
    #expect(try read("\u{FEFF}a,b\n1,2\n").column("a") == 0)
  }

  @Test func blankLinesAreNoRows() throws {
    let document = try read("a,b\n\n1,2\n\n\n3,4\n\n")
    #expect(document.rows == [["1", "2"], ["3", "4"]])
    #expect(document.error(row: 1, problem: "x").line == 6)
  }

  @Test func shortAndLongRowsAreRefusedWhereTheyStand() {
    #expect(failure("a,b,c\n1,2,3\n4,5\n6,7,8\n") == "t.csv:3: the row has 2 fields; the header has 3")
    #expect(failure("a,b,c\n1,2,3\n\n4,5,6,7\n") == "t.csv:4: the row has 4 fields; the header has 3")
    #expect(failure("a,b\n\"x\ny\nz\",1\n4\n") == "t.csv:5: the row has 1 fields; the header has 2")
  }

  @Test func emptyTextHasNoHeader() {
    for text in ["", "\n", ",,\n1,2,3\n"] {
      #expect(failure(text) == "t.csv:1: has no header row; begin with column names")
    }
  }

  @Test func aColumnNameMayStandOnce() {
    #expect(failure("m,k,m\n1,2,3\n") == "t.csv:1:5: column m stands twice; keep one of them")
  }

  @Test func otherSeparatorsAndOtherFormatsAreNamed() {
    let remedy = "separate them with commas, and write numbers with a decimal point"
    #expect(failure("m;k;n\n1;2;3\n") == "t.csv:1: semicolons separate the columns; \(remedy)")
    #expect(failure("m\tk\n1\t2\n") == "t.csv:1: tabs separate the columns; \(remedy)")
    #expect(failure("name\na;b\n") == "read: [\"name\"] [[\"a;b\"]]")
    #expect(failure("{\"a\": 1}\n") == "t.csv: is no CSV but JSON with the keys a; a CSV is expected")
    #expect(failure(",m,\n0,1,2\n") == "t.csv:1:4: two columns have no name; keep one of them")
  }

  @Test func aMissingColumnIsNamedBesideWhatThereIs() throws {
    let document = try read("m,k\n1,2\n")
    #expect(try document.requiredColumn("k") == 1)
    #expect(document.column("n") == nil)
    do {
      _ = try document.requiredColumn("n")
      Issue.record("a column was found that is not there")
    } catch { #expect(error.description == "t.csv:1: column n is missing; the header has m,k") }
  }

  @Test func aFileThatIsNotThereIsUnreadable() {
    do {
      _ = try CSVDocument(contentsOf: "/nonexistent/t.csv")
      Issue.record("read a file that is not there")
    } catch {
      #expect(error.kind == .unreadable)
      #expect(error.description == "/nonexistent/t.csv: cannot be read: No such file or directory")
    }
  }
}
