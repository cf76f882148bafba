import Foundation
import Testing

@testable import DataFiles

@Suite struct JSONTextTests {
  @Test func whatIsWrittenReadsBack() throws {
    let value = JSONText.object([
      ("z", .number(0.1)), ("a", .array([.integer(-3), .null, .bool(true), .array([]), .object([])])),
      ("text", .string("a\"b\\c\n\t\u{1}µ")), ("big", .number(1.5e300)), ("whole", .number(4)),
      ("lost", .number(.infinity)),
    ])
    let text = value.text
    let read = try JSONDocument(text: text, file: "t.json").root
    #expect(read.keys == ["z", "a", "text", "big", "whole", "lost"])
    #expect(try read.required("z").double() == 0.1)
    #expect(try read.required("big").double() == 1.5e300)
    #expect(try read.required("whole").integer() == 4)
    #expect(try read.required("text").string() == "a\"b\\c\n\t\u{1}µ")
    #expect(read["lost"] == nil)
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(object?.count == 6)
  }
}
