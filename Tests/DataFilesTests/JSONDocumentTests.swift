import DataFiles
import Testing

@Suite struct JSONDocumentTests {
  private func read(_ text: String) throws -> JSONValue { try JSONDocument(text: text, file: "c.json").root }

  private func failure(_ text: String) -> FileError? {
    do {
      _ = try JSONDocument(text: text, file: "c.json")
      return nil
    } catch { return error }
  }

  @Test func everyValueKnowsItsPlace() throws {
    let text = """
      {
        "name": "x",
        "links": {"intra_node": 450e9,
                  "list": [1, {"deep": true}]}
      }
      """
    let root = try read(text)
    func place(_ value: JSONValue?) -> [Int?] {
      let error = value?.error("x")
      return [error?.line, error?.column]
    }
    #expect(place(root) == [1, 1])
    #expect(place(root["name"]) == [2, 11])
    #expect(place(root["links"]) == [3, 12])
    #expect(place(root["links"]?["intra_node"]) == [3, 27])
    let list = try #require(try root["links"]?.required("list").array())
    #expect(place(list[0]) == [4, 22])
    #expect(place(list[1]["deep"]) == [4, 34])
  }

  @Test func keysAreInTheOrderOfTheFile() throws {
    #expect(try read(#"{"z": 1, "a": 2, "m": null}"#).keys == ["z", "a", "m"])
    #expect(try read("[1]").keys.isEmpty)
  }

  @Test func tabsAndCompactTextAreJSON() throws {
    #expect(try read("{\n\t\"a\":\t1,\n\t\"b\":[2,3]\n}\n").required("a").integer() == 1)
    #expect(try read(#"{"a":{"b":-1.5e-3},"c":"\/ \u00e9 \n"}"#).required("c").string() == "/ é \n")
    #expect(try read(#"{"a":{"b":-1.5e-3}}"#).required("a").required("b").double() == -1.5e-3)
  }

  @Test func charactersOutsideTheBasicPlaneMayBeEscaped() throws {
    #expect(try read(#"{"a": "x\ud83d\ude00\\\uD83D\uDE00y"}"#).required("a").string() == #"x😀\😀y"#)
    #expect(try read(#"{"a": "\\ud83d\\ude00"}"#).required("a").string() == #"\ud83d\ude00"#)
  }

  @Test func whatIsNotJSONIsRefusedInOneLine() {
    // YAML takes all of these, JSON none.
    for text in ["a: 1", "{a: 1}", "{'a': 1}", "[1, 2", #"{"a" 1}"#, "{\"a\": 01}", "", "# x\n{}"] {
      let error = failure(text)
      #expect(error?.kind == .malformed, "\(text)")
      #expect(error?.description.contains("\n") == false, "\(text)")
    }
  }

  @Test func theFaultHasItsPlace() {
    func place(_ text: String) -> [Int?] {
      let error = failure(text)
      #expect(error?.problem.hasPrefix("is not JSON: ") == true, "\(text)")
      return [error?.line, error?.column]
    }
    #expect(place("{\n  \"a\": 1,\n  \"b\": }\n") == [3, 8])
    #expect(place("{\"é\": é}") == [1, 7])
    #expect(place("[1,\r\n2\r\n") == [3, 1])
  }

  @Test func aKeyMayStandOnceInAnObject() throws {
    let error = failure("{\"x\": {\"a\": 1,\n \"a\": 2}}")
    #expect(error?.description == "c.json:1:8: an object has the key a twice; keep one of them")
    #expect(try read("{\"x\": {\"a\": 1}, \"a\": 2}").required("a").integer() == 2)
  }

}
