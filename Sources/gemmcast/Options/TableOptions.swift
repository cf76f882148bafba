internal import ArgumentParser

/// `--table`: where measured times come from.
struct TableOptions: ParsableArguments {
  @Option(
    name: .customLong("table"),
    help: ArgumentHelp(
      "A timing table (CSV) or fitted model (JSON); repeat it to add the rows of a GPU.",
      discussion: """
        Rows of a GPU may be GEMMs, collectives, passes over memory, fused attention or the operations of layers side by \
        side, a file each: the header tells. \
        Without it, where the answer depends on a host: $GEMMCAST_TABLE, else this machine's newest table that is fit \
        for use in the user's data folder, else the table of another machine that comes with gemmcast.
        """,
      valueName: "file"))
  var tables: [String] = []

  @Option(
    help: ArgumentHelp(
      "Which measured thread count to predict with; the largest unless told otherwise.", valueName: "number"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Which measured library to predict with, or a part of its name, as in 0.3.21; the installed one unless told otherwise.",
      valueName: "text"))
  var library: String?

  @Option(
    help: ArgumentHelp(
      "Which measured kernel to predict with; the fastest unless told otherwise.", valueName: "name"))
  var kernel: String?
}
