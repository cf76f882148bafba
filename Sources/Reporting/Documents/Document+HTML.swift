extension Document {
  /// One HTML page that needs nothing else: a table of contents, sections, tables with figures to the right, pictures.
  ///
  /// Readable in light and dark, on paper, and well-formed as XML. O(size of the text).
  public func html() -> String {
    let page = MarkupElement(
      "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
      [
        .tag(
          "head", [:],
          [
            .tag("meta", ["charset": "utf-8"]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag("meta", ["name": "generator", "content": "gemmcast"]), .tag("title", [:], title),
            .tag("style", [:], Self.pageStyle + PictureStyle.sheet),
          ]),
        .tag("body", [:], [.tag("header", [:], [.tag("h1", [:], title), contents])] + [.tag("main", [:], body)]),
      ])
    return "<!DOCTYPE html>\n" + page.serialized
  }

  /// Links to the top sections.
  private var contents: Markup {
    .tag(
      "nav", [:],
      [
        .tag(
          "ul", [:],
          sections.enumerated().filter { $0.element.level <= 2 }.map { index, section in
            .tag("li", [:], [.tag("a", ["href": "#section-\(index)"], section.heading)])
          })
      ])
  }

  private var body: [Markup] {
    sections.enumerated().map { index, section in
      let level = min(max(section.level, 2), 6)
      return .tag(
        "section", ["id": "section-\(index)"],
        [.tag("h\(level)", [:], section.heading)] + section.blocks.map(Self.markup))
    }
  }

  private static func markup(_ block: Block) -> Markup {
    switch block {
    case .paragraph(let text): .tag("p", [:], text)
    case .list(let points): .tag("ul", [:], points.map { .tag("li", [:], $0) })
    case .numbered(let points, let first):
      .tag("ol", ["start": String(first)], points.map { .tag("li", [:], $0) })
    case .table(let table): .tag("div", ["class": "scroll"], [table.markup])
    case .preformatted(let text): .tag("pre", [:], text.trimmingNewlines)
    case .picture(let picture):
      .tag(
        "figure", [:],
        [
          .tag("div", ["class": "scroll"], [.element(picture.inline)]),
          .tag("figcaption", [:], [.tag("strong", [:], picture.title + "."), .text(" " + picture.caption)]),
        ])
    }
  }

  // Values as variables: browsers know them, and light and dark differ in nothing else.
  private static let pageStyle = """
    :root{color-scheme:light dark;--ground:#ffffff;--ink:#1f2328;--muted:#59636e;--line:#d8dee4;--soft:#f6f8fa;
    --link:#0060a0}
    @media (prefers-color-scheme: dark){:root{--ground:#14181d;--ink:#e6edf3;--muted:#9aa4af;--line:#333b44;
    --soft:#1c2229;--link:#6bb8f0}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:1080px;padding:24px 32px 64px;background:var(--ground);color:var(--ink);
    font:15px/1.55 \(PictureStyle.fonts)}
    h1{font-size:1.7em;line-height:1.25;margin:.4em 0 .5em}
    h2{font-size:1.3em;margin:2em 0 .6em;padding-bottom:.25em;border-bottom:1px solid var(--line)}
    h3{font-size:1.1em;margin:1.6em 0 .5em}
    h4,h5,h6{font-size:1em;margin:1.4em 0 .4em}
    a{color:var(--link);text-decoration:none}
    a:hover{text-decoration:underline}
    nav ul{display:flex;flex-wrap:wrap;gap:.2em 1.3em;list-style:none;margin:0;padding:.7em 0;
    border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:.92em}
    p,li{max-width:78ch}
    li{margin:.25em 0}
    pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px 14px;white-space:pre-wrap;
    overflow-wrap:anywhere;font:13px/1.5 ui-monospace,SF Mono,Menlo,DejaVu Sans Mono,Liberation Mono,monospace}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.9em;margin:.8em 0;font-variant-numeric:tabular-nums}
    th,td{padding:.32em .9em .32em 0;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
    th{color:var(--muted);font-weight:600;border-bottom-width:2px}
    .figure{text-align:right}
    tbody tr:hover{background:var(--soft)}
    figure{margin:1.4em 0}
    figure svg{max-width:100%;min-width:760px;height:auto;display:block}
    figcaption{color:var(--muted);font-size:.9em;margin-top:.5em;max-width:100ch}
    figcaption strong{color:var(--ink)}
    @media print{body{max-width:none;padding:0;font-size:11px}nav{display:none}figure,tr{break-inside:avoid}
    figure svg{min-width:0}}

    """
}

extension DocumentTable {
  /// The table as HTML; columns of figures stand right.
  fileprivate var markup: Markup {
    func cell(_ name: String, _ text: String, _ column: Column) -> Markup {
      column.alignment == .right ? .tag(name, ["class": "figure"], text) : .tag(name, [:], text)
    }
    return .tag(
      "table", [:],
      [
        .tag("thead", [:], [.tag("tr", [:], columns.map { cell("th", $0.title, $0) })]),
        .tag("tbody", [:], rows.map { row in .tag("tr", [:], zip(row, columns).map { cell("td", $0, $1) }) }),
      ])
  }
}
