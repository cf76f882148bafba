internal import ArgumentParser
internal import ForeignTables
internal import GEMMTiming

/// `gemmcast import`: another tool's table in, a timing table or a table of collectives out.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn another tool's measurements into a table that gemmcast reads.",
    discussion: """
      The format is known from the file's header: \(ForeignFormat.allCases.map(\.rawValue).joined(separator: ", ")). \
      GEMMs become a timing table (for --table, fit, merge and validate), collectives a CSV with \
      device,collective,ranks,nodes,bytes,time_us (for --table, fit --device and validate). What is not known for \
      certain is an error at its line and column. What a launcher or log puts in front of lines is seen through.

        gemmcast import gemm_perf.txt --device h100-sxm-80gb --output h100.csv
        gemmcast import nccl_perf.txt --device h100-sxm-80gb --nodes 1 --output nccl.csv
        all_reduce_perf -b 1K -e 1G -f 2 -g 8 | gemmcast import - --device a100-sxm-80gb
        scripts/parquet_to_csv.py gemm_perf.parquet | gemmcast import -
        gemmcast import trace.json --device h100-sxm-80gb --rows collective
        gemmcast import mlp.csv --device a100-sxm-80gb --dtype fp16
      """)

  @Argument(help: "The file, or - for standard input.")
  var file: String

  @Option(name: .customLong("from"), help: "The file's format, instead of what its header says.")
  var format: ForeignFormat?

  @Option(help: "The device's name in the table; needed where the file does not name one.")
  var device: String?

  @Option(help: "The element type of a file that does not name it.")
  var dtype: DataType?

  @Option(help: "The collective of a file that does not name it.")
  var collective: Communication.Kind?

  @Option(help: ArgumentHelp("How many GPUs took part, where the file does not say.", valueName: "number"))
  var ranks: Int?

  @Option(help: ArgumentHelp("Over how many nodes they were spread, where the file does not say.", valueName: "number"))
  var nodes: Int?

  @Flag(help: "Take nccl-tests' in-place times, not the out-of-place ones.")
  var inPlace = false

  @Flag(
    help: "Keep every kernel or solution that a tool tried, not the fastest on each GEMM alone; each call of a trace.")
  var everyKernel = false

  @Option(help: "What the rows are of, in a profiler's trace, which has several kinds; gemm unless told otherwise.")
  var rows: ImportOptions.Rows?

  @Option(help: ArgumentHelp("Leave aside a column that is not known; repeat it for several.", valueName: "column"))
  var ignoreColumn: [String] = []

  @Option(help: ArgumentHelp("Where the table goes; - is standard output.", valueName: "file"))
  var output = "-"

  func validate() throws {
    for (name, value) in [("ranks", ranks), ("nodes", nodes)] {
      if let value, value < 1 { throw ValidationError("--\(name) is \(value); a whole number above 0 is expected") }
    }
    if device?.isEmpty == true { throw ValidationError("--device is empty; a name is expected") }
  }

  func run() throws {
    let table = try ForeignTable(
      contentsOf: file, format: format,
      options: ImportOptions(
        device: device, dtype: dtype, collective: collective, ranks: ranks, nodes: nodes,
        buffers: inPlace ? .inPlace : .outOfPlace, takesEveryKernel: everyKernel, rows: rows,
        ignoredColumns: Set(ignoreColumn)))
    try Results.write(table.csv(), to: output)
    for reason in table.leftOut { Diagnostics.warning("\(file): \(reason)") }
    for note in table.notes { Diagnostics.note("\(file): \(note)") }
  }
}
