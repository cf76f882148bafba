internal import Foundation

extension FittedModel {
  /// How the fit found the library to block its products, one line a path through it.
  ///
  /// Found from the times alone: the widths into which m and n are cut, the depth of packed blocks in k, and the
  /// product m·k·n up to which another path is taken.
  public var blocking: [String] {
    func line(_ name: String, _ path: CodePath) -> String {
      let geometry = path.geometry
      var text = "\(name): panels of \(Self.list(geometry.rowPanels)) rows"
      text += " and \(Self.list(geometry.columnPanels)) columns, blocks \(geometry.depth) deep"
      if geometry.rest == .innerProducts { text += ", narrow rests as inner products" }
      if geometry.sharing > 1 { text += ", shared by \(geometry.sharing) threads" }
      return text
    }
    guard let small = structure.small else { return [line("all products", structure.large)] }
    let threshold = Int(exactly: structure.threshold.rounded()) ?? Int.max
    return [
      line("products up to m*k*n = \(threshold)", small), line("larger products", structure.large),
    ]
  }

  private static func list(_ widths: [Int]) -> String { widths.map(String.init).joined(separator: "/") }
}
