internal import ArgumentParser

/// `--table`: where measured times come from.
struct TableOptions: ParsableArguments {
  @Option(
    name: .customLong("table"),
    help: ArgumentHelp(
      "A timing table (CSV) or fitted model (JSON); repeat it to add the rows of a GPU.",
      discussion: """
        Without it: $GEMMCAST_TABLE, else this machine's newest table in calibration/hosts here, else in the user's \
        data folder, else the table of another machine that comes with gemmcast.
        """,
      valueName: "file"))
  var tables: [String] = []

  @Option(
    help: ArgumentHelp(
      "Which measured thread count to predict with; the largest unless told otherwise.", valueName: "number"))
  var threads: Int?
}
