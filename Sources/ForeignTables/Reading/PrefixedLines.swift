/// The lines of a file, without what a launcher put in front of them and in the order of the processes.
struct PrefixedLines {
  /// The lines that may hold tables.
  let lines: [SourceText.Line]

  /// Looks for headers, learns from them what stands in front of lines, and takes that away.
  ///
  /// O(size of the lines).
  /// Lines of processes that wrote no header are left out: beside the table they are talk.
  init(_ all: [SourceText.Line], _ headerStart: (Substring) -> Substring.Index?) {
    var prefixes: [LinePrefix] = []
    var headers: Set<Int> = []
    for line in all {
      guard let start = headerStart(line.text) else { continue }
      headers.insert(line.number)
      if let prefix = LinePrefix(line.text[..<start]), !prefixes.contains(prefix) { prefixes.append(prefix) }
    }
    guard !prefixes.isEmpty else {
      lines = all
      return
    }
    var own: [SourceText.Line] = []
    for line in all {
      guard let end = prefixes.lazy.compactMap({ $0.end(in: line.text) }).first else {
        own.append(line)
        continue
      }
      let blanks = String(repeating: " ", count: line.text.distance(from: line.text.startIndex, to: end))
      let rest = LinePrefix.withoutTags(line.text[end...])
      own.append(
        SourceText.Line(
          number: line.number, text: Substring(blanks + rest), process: LinePrefix.process(line.text[..<end])))
    }
    lines = Self.byProcess(Self.named(own, headers), headers)
  }

  /// A number that grows from line to line tells no process: then all lines with a prefix are of one.
  private static func named(_ lines: [SourceText.Line], _ headers: Set<Int>) -> [SourceText.Line] {
    var counts: [String: Int] = [:]
    for line in lines { counts[line.process, default: 0] += 1 }
    guard lines.contains(where: { headers.contains($0.number) && counts[$0.process] == 1 }) else { return lines }
    return lines.map { line in
      SourceText.Line(number: line.number, text: line.text, process: line.process.isEmpty ? "" : "·")
    }
  }

  private static func byProcess(_ lines: [SourceText.Line], _ headers: Set<Int>) -> [SourceText.Line] {
    var order: [String] = []
    for line in lines where headers.contains(line.number) && !order.contains(line.process) {
      order.append(line.process)
    }
    var groups: [String: [SourceText.Line]] = [:]
    for line in lines {
      // What has no prefix where headers have one stands among the lines of the first process.
      let process = line.process.isEmpty && !order.contains("") ? order.first ?? "" : line.process
      groups[process, default: []].append(line)
    }
    return order.flatMap { groups[$0] ?? [] }
  }
}
