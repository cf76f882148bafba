import Testing

@testable import DataFiles

/// JSON that one of the two parsers refuses by itself.
@Suite struct JSONDocumentToleranceTests {
  private func read(_ text: String) throws -> JSONValue { try JSONDocument(text: text, file: "c.json").root }

  private func failure<T>(_ body: () throws -> T) -> String {
    do { return "\(try body())" } catch { return "\(error)" }
  }

  @Test func whatPythonWritesForInfinityIsRead() throws {
    let root = try read("{\"a\": [0.0, Infinity, -Infinity, NaN],\n \"s\": \"Infinity\", \"b\": 2}")
    #expect(try root.required("b").integer() == 2 && root.required("s").string() == "Infinity")
    let list = try root.required("a").array()
    #expect(failure { try list[1].double() } == "c.json:1:13: a[1] is Infinity; a number is expected")
    #expect(failure { try list[3].integer() } == "c.json:1:34: a[3] is NaN; a whole number is expected")
    for text in ["[Infinit]", "[NaNs]", "[+Infinity]", "[infinity]"] {
      #expect(throws: FileError.self) { try read(text) }
    }
  }

  @Test func aNumberBeyondDoubleIsRefusedWhereItIsAskedFor() throws {
    let long = "1" + String(repeating: "0", count: 5000)
    let root = try read("{\"huge\": 1e999, \"long\": \(long), \"b\": -2.5e-3}")
    #expect(try root.required("b").double() == -0.0025)
    #expect(failure { try root.required("huge").double() } == "c.json:1:10: huge is 1e999; a number is expected")
    let message = failure { try root.required("long").integer() }
    #expect(message.hasPrefix("c.json:1:25: long is 1000") && message.count < 200)
    for text in ["[01e999]", "[1.e999]", "[1e999 2]", "[--1e999]", "[1e999,,2]"] {
      #expect(throws: FileError.self) { try read(text) }
    }
  }

  @Test func theFaultKeepsItsPlaceBehindSuchNumbers() {
    #expect(failure { try read("{\"a\": Infinity,\n \"b\": }") }.hasPrefix("c.json:2:7: is not JSON"))
  }

  @Test func keysMayBeLongAndStandBeforeALineEnd() throws {
    let key = String(repeating: "k", count: 3000)
    let root = try read("{\"\(key)\": 1, \"\(key)2\": 3, \"a\"\n  : {\"b\" :\n 2}}")
    #expect(try root.required("a").required("b").integer() == 2 && root.keys.count == 3)
    #expect(root["a"]?.error("x").line == 2)
  }

  @Test func unprintableCharactersMayStandInStrings() throws {
    let text = "{\"a\u{7f}\": \"x\u{7f}\u{9b}\u{fffe}\\\"y\u{85}\"}"
    #expect(try read(text).required("a\u{7f}").string() == "x\u{7f}\u{9b}\u{fffe}\"y\u{85}")
  }

  @Test func messagesCutWhatTheyQuote() throws {
    let root = try read("{\"a\": \"\(String(repeating: "v", count: 100_000))\"}")
    #expect(failure { try root.required("a").integer() }.count < 200)
  }
}
