internal import DataFiles

/// The kernel summary of Nsight Systems: `nsys stats --report cuda_gpu_kern_sum --format csv`.
///
/// Columns: `Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name`, as public logs
/// show them; what `nsys` says above the header is talk. It has no shapes.
enum NsightSummary: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    let names = Set(SourceText.fields(line).map(\.text))
    return names.isSuperset(of: ["Instances", "Name"]) && names.contains { $0.hasPrefix("Total Time (") }
      ? line.startIndex : nil
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    throw FileError(
      .malformed, file: source.file,
      problem: "is a summary of kernels by name, which has no shapes: no row can be made of it",
      remedy: "a trace of PyTorch's profiler has shapes")
  }

  static func read(_ source: SourceText) throws(FileError) -> ProfiledStep {
    guard let position = source.lines.firstIndex(where: { headerStart($0.text) != nil }) else {
      throw FileError(
        .malformed, file: source.file,
        problem: "is no trace of PyTorch's profiler and no kernel summary of Nsight Systems",
        remedy: "export_chrome_trace writes the one, nsys stats --report cuda_gpu_kern_sum --format csv the other")
    }
    let header = SourceText.fields(source.lines[position].text)
    let unit = "Total Time (ns)"
    guard let time = header.firstIndex(where: { $0.text == unit }),
      let count = header.firstIndex(where: { $0.text == "Instances" }),
      let name = header.firstIndex(where: { $0.text == "Name" })
    else {
      throw source.error(source.lines[position].number, nil, "has no column \(unit)", "leave out --timeunit")
    }
    var pieces: [ProfiledStep.Piece] = []
    for line in source.lines[(position + 1)...] where !line.text.allSatisfy(\.isWhitespace) {
      let fields = SourceText.fields(line.text)
      // Another report's table, or talk, ends this one.
      guard fields.count == header.count else {
        if fields.count == 1 || pieces.isEmpty == false && headerStart(line.text) != nil { break }
        throw source.error(
          line.number, nil, "has \(fields.count) fields", "\(header.count) are expected, as in the header")
      }
      guard let nanoseconds = Double(fields[time].text), nanoseconds >= 0, nanoseconds.isFinite else {
        throw source.error(
          line.number, fields[time].column, "\(unit) is \(fields[time].text)", "a number of at least 0 is expected")
      }
      guard let instances = Int(fields[count].text), instances > 0 else {
        throw source.error(
          line.number, fields[count].column, "Instances is \(fields[count].text)", "a whole number above 0 is expected")
      }
      pieces.append(
        .init(
          name: fields[name].text, kind: KernelKind(kernel: fields[name].text), work: nil, seconds: nanoseconds * 1e-9,
          count: instances, reason: "the summary has no shapes"))
    }
    guard !pieces.isEmpty else {
      throw source.error(
        source.lines[position].number, nil, "no kernel follows the header", "profile a program on a GPU")
    }
    return ProfiledStep(pieces: pieces, isGPU: true, hasShapes: false)
  }
}
