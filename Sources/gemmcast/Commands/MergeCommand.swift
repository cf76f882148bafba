internal import ArgumentParser
internal import DataFiles
internal import GEMMTiming
internal import HostCalibration

/// `gemmcast merge`: several timing tables into one.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join timing tables; rows of the same shape on the same device are pooled.",
    discussion: """
      Pooled means: the median of medians weighted by samples, with an interval that widens where the tables disagree. The \
      joined table has the columns of all tables; a field that a table lacks is empty.

        gemmcast merge monday.csv tuesday.csv --output host.csv
      """)

  @Argument(help: ArgumentHelp("The tables to join.", valueName: "table"))
  var tables: [String]

  @Option(help: ArgumentHelp("Where the joined table goes; - is standard output.", valueName: "file"))
  var output = "-"

  func run() throws {
    let read = try tables.map { try TimingTable(contentsOf: $0) }
    let (table, pooled) = try TablePooling.merge(read)
    try Results.write(table.csv(), to: output)
    let total = read.reduce(0) { $0 + $1.rows.count }
    Diagnostics.note("\(total) rows of \(read.count) tables joined to \(table.rows.count); \(pooled) were pooled")
  }
}
