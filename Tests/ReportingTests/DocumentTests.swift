import Testing

@testable import Reporting

@Suite struct DocumentTests {
  private let document = Document(
    title: "Title",
    sections: [
      .init(
        "First",
        [
          .paragraph("one two three four five"),
          .numbered(["a", "b"], from: 7),
          .table(
            DocumentTable(
              [.init("name"), .init("figure", .right)], rows: [["x|y", "1"], ["z", "1000"]])),
        ]),
      .init("Second", level: 3, [.list(["p"]), .preformatted("a\n  b")]),
    ])

  @Test func textIsWrappedAndAligned() {
    let lines = document.text(width: 10).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.starts(with: ["Title", "=====", "", "First", "=====", "", "one two", "three four", "five"]))
    #expect(lines.contains("7. a") && lines.contains("8. b"))
    let one = lines.first { $0.hasPrefix("x|y") } ?? ""
    let thousand = lines.first { $0.hasPrefix("z") } ?? ""
    #expect(one.count == thousand.count && one.hasSuffix(" 1") && thousand.hasSuffix(" 1000"))
    #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
  }

  @Test func markdownKeepsEveryBlock() {
    let markdown = document.markdown()
    #expect(markdown.hasPrefix("# Title\n\n## First\n\none two three four five\n\n7. a\n8. b\n\n| name"))
    #expect(markdown.contains("x\\|y"))
    #expect(markdown.hasSuffix("### Second\n\n- p\n\n```\na\n  b\n```\n"))
  }

  @Test(arguments: [
    ("<script>x</script>", "\\<script>x\\</script>"), ("a < b > c", "a < b > c"),
    ("layer0_qkv 2 * 3", "layer0_qkv 2 * 3"), ("_x_ **y**", "\\_x\\_ \\*\\*y\\*\\*"), ("`code`", "\\`code\\`"),
    ("[m, k]", "[m, k]"), ("[a](http://b)", "\\[a](http://b)"), ("# 1", "\\# 1"), ("- 1", "\\- 1"), ("1. x", "1\\. x"),
    ("1.5 ms", "1.5 ms"), ("&lt; A & B", "\\&lt; A & B"), ("~~x", "\\~\\~x"), ("a\nb", "a\\u{A}b"),
  ])
  func namesAreNoMarkdown(text: String, escaped: String) {
    let document = Document(title: "t", sections: [.init("s", [.paragraph(text)])])
    #expect(document.markdown() == "# t\n\n## s\n\n\(escaped)\n")
  }

  @Test func aFenceIsLongerThanThoseWithin() {
    let document = Document(title: "t", sections: [.init("s", [.preformatted("```\nx")])])
    #expect(document.markdown().hasSuffix("\n````\n```\nx\n````\n"))
  }

  @Test func nothingSteersATerminal() {
    let evil = "\u{1B}[31m\u{202E}"
    let document = Document(
      title: evil,
      sections: [
        .init(evil, [.paragraph(evil), .preformatted(evil), .table(DocumentTable([.init(evil)], rows: [[evil]]))])
      ])
    for text in [document.text(), document.markdown()] {
      #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
      #expect(text.contains("u{1B}"))
    }
  }

  @Test func aLongWordStandsAlone() {
    #expect(Document.wrap("aaaaaaaa bb cc", width: 5) == ["aaaaaaaa", "bb cc"])
    #expect(Document.wrap("", width: 5) == [""])
  }

  @Test func rowsAreAsWideAsTheHeader() {
    let table = DocumentTable([.init("a"), .init("b")], rows: [["1"], ["1", "2", "3"]])
    #expect(table.rows == [["1", ""], ["1", "2"]])
  }
}
