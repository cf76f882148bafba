import DataFiles
import Testing

@Suite struct JSONValueTests {
  private let root: JSONValue

  init() throws {
    root = try JSONDocument(
      text: """
        {"s": "8", "i": 8192, "f": 8192.0, "half": 0.5, "t": true, "n": null,
         "big": 123456789012345678901234567890,
         "o": {"x": {"y": 1}}, "l": [10, "z"]}
        """, file: "c.json"
    ).root
  }

  private func failure<T>(_ body: () throws -> T) -> String {
    do { return "\(try body())" } catch { return "\(error)" }
  }

  @Test func valuesHaveTheirTypes() throws {
    #expect(try root.required("s").string() == "8")
    #expect(try root.required("i").integer() == 8192)
    #expect(try root.required("f").integer() == 8192)
    #expect(try root.required("i").double() == 8192)
    #expect(try root.required("half").double() == 0.5)
    #expect(try root.required("t").bool())
    #expect(root["n"] == nil)
    #expect(root["absent"] == nil)
    #expect(try root.required("l").array().count == 2)
  }

  @Test func aMismatchSaysWhereWhatAndWhatWouldBeRight() {
    #expect(failure { try root.required("s").integer() } == "c.json:1:7: s is \"8\"; a whole number is expected")
    #expect(failure { try root.required("s").double() } == "c.json:1:7: s is \"8\"; a number is expected")
    #expect(failure { try root.required("half").integer() } == "c.json:1:44: half is 0.5; a whole number is expected")
    #expect(failure { try root.required("i").string() } == "c.json:1:17: i is 8192; a string is expected")
    #expect(failure { try root.required("i").bool() } == "c.json:1:17: i is 8192; true or false is expected")
    #expect(failure { try root.required("i").array() } == "c.json:1:17: i is 8192; an array is expected")
    #expect(failure { try root.array() } == "c.json:1:1: the file is an object; an array is expected")
    #expect(failure { try root.required("big").integer() }.hasSuffix("; a whole number is expected"))
    #expect(
      failure { try root.required("l").array()[1].integer() }
        == "c.json:3:34: l[1] is \"z\"; a whole number is expected")
  }

  @Test func whatIsMissingIsNamedByItsPath() {
    #expect(failure { try root.required("absent").string() } == "c.json:1:1: absent is missing; add it")
    #expect(failure { try root.required("n").string() } == "c.json:1:1: n is missing; add it")
    #expect(
      failure { try root.required("o").required("x").required("z").string() }
        == "c.json:3:13: o.x.z is missing; add it")
    #expect(
      failure { try root.required("i").required("z").string() }
        == "c.json:1:17: i is 8192; an object with z is expected")
  }
}
