import DataFiles
import Testing

@Suite struct VisibleTextTests {
  @Test func whatSteersATerminalIsShownByItsNumber() {
    #expect(VisibleText.escaped("a\u{1B}[31mb") == "a\\u{1B}[31mb")
    #expect(
      VisibleText.escaped("\u{0}\u{7F}\u{9B}\u{202E}\u{2066}\u{200F}\u{2028}")
        == "\\u{0}\\u{7F}\\u{9B}\\u{202E}\\u{2066}\\u{200F}\\u{2028}")
    #expect(VisibleText.escaped("é … 日本 ×²") == "é … 日本 ×²")
    #expect(VisibleText.escaped("a\nb\t") == "a\\u{A}b\\u{9}")
    #expect(VisibleText.escaped("a\nb\t\r", keepsLines: true) == "a\nb\t\\u{D}")
  }

  @Test func valuesAreCut() {
    #expect(VisibleText.cut("short") == "short")
    #expect(VisibleText.cut(String(repeating: "x", count: 60)).count == 60)
    #expect(VisibleText.cut(String(repeating: "x", count: 61)) == String(repeating: "x", count: 60) + "…")
  }

  @Test func messagesStayOneShortLine() {
    let long = String(repeating: "y", count: 100_000)
    let message = VisibleText.message("the value '\(long)' is invalid\nfor --m")
    #expect(message.count < 1_100)
    #expect(!message.contains("\n"))
    #expect(VisibleText.message("a value '\(String(repeating: "z", count: 90))' there").hasSuffix("zzz…' there"))
    let path = "/a/" + String(repeating: "b", count: 150)
    #expect(VisibleText.message("in \(path) it is") == "in \(path) it is")
  }

  @Test func fileErrorsAreSafeToShow() {
    let error = FileError(
      .malformed, file: "a\u{1B}]0;x\u{7}.csv", line: 1, column: 2, problem: "device is \u{202E}evil",
      remedy: "a name is expected")
    #expect(error.description == "a\\u{1B}]0;x\\u{7}.csv:1:2: device is \\u{202E}evil; a name is expected")
  }
}
