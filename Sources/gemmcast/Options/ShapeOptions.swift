internal import ArgumentParser
internal import DataFiles
internal import GEMMTiming

/// The shapes that a time is asked for: one by its extents, or a file of them.
struct ShapeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Rows of A and C.", valueName: "number"))
  var m: Int?

  @Option(help: ArgumentHelp("Columns of A, rows of B.", valueName: "number"))
  var k: Int?

  @Option(help: ArgumentHelp("Columns of B and C.", valueName: "number"))
  var n: Int?

  @Option(help: ArgumentHelp("Independent products of that shape.", valueName: "number"))
  var batch = 1

  @Option(
    help: ArgumentHelp(
      "A CSV with the columns m,k,n and optionally batch, dtype, and for a host cache, trans_a, trans_b; one answer a row.",
      valueName: "file"))
  var shapes: String?

  func validate() throws {
    let extents = [m, k, n].compactMap(\.self)
    if shapes == nil, extents.count < 3 { throw ValidationError("give --m, --k and --n, or --shapes FILE") }
    if shapes != nil, !extents.isEmpty { throw ValidationError("give either --m, --k and --n, or --shapes FILE") }
  }

  /// The shapes in order, each with what the file says of it besides.
  func requests() throws -> [ShapeList.Item] {
    if let shapes { return try ShapeList(contentsOf: shapes).items }
    guard let m, let k, let n else { return [] }
    return [ShapeList.Item(shape: try GEMMShape(m: m, k: k, n: n, batch: batch))]
  }
}
