/// A report before it is text: headings, sentences, lists and tables, free of any output format.
public struct Document: Hashable, Sendable {
  /// The title.
  public var title: String
  /// The sections in order.
  public var sections: [Section]

  /// A document of sections.
  public init(title: String, sections: [Section]) {
    self.title = title
    self.sections = sections
  }

  /// A heading and what stands under it.
  public struct Section: Hashable, Sendable {
    /// The heading.
    public var heading: String
    /// 2 for a section of the document, 3 for a section within one, and so on, as in Markdown.
    public var level: Int
    /// What stands under the heading, in order.
    public var blocks: [Block]

    /// A section; top sections have level 2.
    public init(_ heading: String, level: Int = 2, _ blocks: [Block]) {
      self.heading = heading
      self.level = level
      self.blocks = blocks
    }
  }

  /// A piece of a section.
  public enum Block: Hashable, Sendable {
    /// Sentences, wrapped to the width of the page.
    case paragraph(String)
    /// Points, in no order.
    case list([String])
    /// Points, counted from a first number.
    case numbered([String], from: Int)
    /// Columns and rows.
    case table(DocumentTable)
    /// Text whose line breaks matter.
    case preformatted(String)
    /// A drawing, which only pages show: text and Markdown leave it out.
    case picture(Picture)
  }
}

/// A table of a document: titles with alignment, and rows of finished text.
public struct DocumentTable: Hashable, Sendable {
  /// How the fields of a column stand.
  public enum Alignment: Hashable, Sendable {
    case left, right
  }

  /// A column's title and alignment.
  public struct Column: Hashable, Sendable {
    /// The title.
    public var title: String
    /// Words stand left, figures right.
    public var alignment: Alignment

    /// A column of words (`left`) or figures (`right`).
    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// The columns, left to right.
  public var columns: [Column]
  /// The rows; each has one field a column.
  public var rows: [[String]]

  /// A table; a row shorter than the header is filled with empty fields, a longer one is cut.
  public init(_ columns: [Column], rows: [[String]]) {
    self.columns = columns
    self.rows = rows.map { row in columns.indices.map { $0 < row.count ? row[$0] : "" } }
  }
}
