import Testing

@testable import Reporting

@Suite struct DocumentHTMLTests {
  private let document = Document(
    title: "A <title> & \"more\"",
    sections: [
      .init(
        "First",
        [
          .paragraph("1 < 2 && 3 > 2"), .numbered(["a", "b"], from: 7), .list(["p\u{1}q"]),
          .table(DocumentTable([.init("name"), .init("figure", .right)], rows: [["<b>", "1"], ["z", "1000"]])),
        ]),
      .init("Second", level: 3, [.preformatted("a\n  b <c>")]),
    ])

  @Test func everyBlockStandsInThePageAndIsEscaped() {
    let html = document.html()
    let xml = ParsedXML(html)
    #expect(xml.fault == nil, "\(xml.fault ?? "")")
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html"))
    #expect(xml.named("h1").map(\.text) == [document.title] && xml.named("h2").map(\.text) == ["First"])
    #expect(xml.named("h3").map(\.text) == ["Second"])
    #expect(xml.named("p").map(\.text) == ["1 < 2 && 3 > 2"])
    #expect(xml.named("ol").first?.attributes["start"] == "7")
    #expect(xml.named("pre").map(\.text) == ["a\n  b <c>"])
    #expect(xml.named("td").map(\.text) == ["<b>", "1", "z", "1000"])
    #expect(xml.named("td").map { $0.attributes["class"] } == [nil, "figure", nil, "figure"])
    // A character that XML forbids is replaced, not passed on.
    #expect(xml.named("li").map(\.text).contains("p\u{FFFD}q"))
  }

  @Test func linksLeadToSections() {
    let xml = ParsedXML(document.html())
    let ids = Set(xml.named("section").compactMap { $0.attributes["id"] })
    let links = xml.named("a").compactMap { $0.attributes["href"] }
    #expect(links.count == 1 && links.allSatisfy { ids.contains(String($0.dropFirst())) })
  }

  @Test func reportsLoadNothingFromElsewhere() throws {
    let report = try ReportFixture.reference()
    let html = report.html(ceilings: ReportFixture.ceilings)
    let xml = ParsedXML(html)
    #expect(xml.fault == nil, "\(xml.fault ?? "")")
    #expect(xml.named("svg").count == 4)
    let loading = Set(["src", "href", "xlink:href", "data", "poster"])
    for element in xml.elements {
      #expect(!["script", "link", "img", "iframe", "object", "embed", "image", "use"].contains(element.name))
      for (name, value) in element.attributes where loading.contains(name) { #expect(value.hasPrefix("#")) }
    }
    let styles = xml.named("style").map(\.text).joined()
    // A browser reads the style sheet as it stands: what would have to be escaped breaks it.
    #expect(!styles.contains { "&<>\"".contains($0) })
    #expect(!styles.contains("url(") && !styles.contains("@import") && styles.contains("prefers-color-scheme: dark"))
    // Every heading and table of the text report is there, and the same page comes again.
    let headings = xml.elements.filter { $0.name.first == "h" && Int($0.name.dropFirst()) ?? 0 > 1 }.map(\.text)
    #expect(headings == report.document.sections.map(\.heading))
    #expect(report.html(ceilings: ReportFixture.ceilings) == html)
  }

  @Test func textAndMarkdownLeavePicturesOut() throws {
    var document = document
    let (text, markdown) = (document.text(), document.markdown())
    document.add(try ReportFixture.reference().compositionPicture, under: "First")
    #expect(document.text() == text && document.markdown() == markdown)
    #expect(document.html().contains("<svg"))
  }
}
