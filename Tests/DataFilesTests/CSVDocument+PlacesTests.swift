import DataFiles
import SeededRandom
import Testing

@Suite struct CSVDocumentPlacesTests {
  private func failure(_ text: String) -> String {
    do {
      let document = try CSVDocument(text: text, file: "t.csv")
      return "read: \(document.header) \(document.rows)"
    } catch { return error.description }
  }

  /// Each field is a text of its own, so that searching the file for it says where it begins.
  @Test(arguments: 0..<100)
  func everyFieldIsFound(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let end = seed.isMultiple(of: 2) ? "\n" : "\r\n"
    var places: [[(line: Int, column: Int)]] = []
    var (text, line) = ("a,b,c" + end, 2)
    for row in 0..<Int.random(in: 1...8, using: &random) {
      if Bool.random(using: &random) { (text, line) = (text + end, line + 1) }
      var column = 1
      var rowPlaces: [(line: Int, column: Int)] = []
      for field in 0..<3 {
        rowPlaces.append((line, column))
        switch Int.random(in: 0...3, using: &random) {
        case 0:
          text += "é\(row)\(field)"
          column += 3
        case 1:
          text += "\"x,\"\"y\""
          column += 7
        case 2:
          text += "\"first\(end)second\""
          (line, column) = (line + 1, 8)
        default: break
        }
        text += field < 2 ? "," : end
        column += 1
      }
      line += 1
      places.append(rowPlaces)
    }
    let document = try CSVDocument(text: text, file: "t.csv")
    #expect(document.rows.count == places.count)
    for (row, fields) in places.enumerated() {
      for (field, place) in fields.enumerated() {
        let error = document.error(row: row, column: field, problem: "x")
        #expect(error.line == place.line && error.column == place.column, "row \(row) field \(field) of \(text)")
      }
    }
  }

  @Test func faultyQuotesAreFound() {
    #expect(failure("a,b\n1,\"2\n3,4\n") == "t.csv:2:3: a quoted field is not closed; close it with \"")
    #expect(
      failure("a,b\n1,\"2\"x\n")
        == "t.csv:2:6: text follows the closing quote of a field; double the quotes inside a quoted field")
    #expect(
      failure("a,b\n1,2\"x\"\n")
        == "t.csv:2:4: a quote stands inside an unquoted field; quote the whole field and double the quotes inside it")
  }
}
