internal import Foundation

/// A calibration's state as one line of a terminal, never wider than that: a bar, as far as there is room, and words.
struct ProgressLine {
  /// How much is done, from 0 to 1.
  var share: Double
  /// The state in words.
  var state: String
  /// The state in fewer words, where those do not fit.
  var short: String

  /// Columns of the bar where there is room, and below which there is none.
  private static let (widestBar, narrowestBar) = (30, 8)

  /// The line in so many columns, the last of which stays free: a full line would begin another.
  func text(columns: Int) -> String {
    let room = max(0, columns - 1)
    let words = state.count <= room ? state : short
    let width = min(Self.widestBar, room - words.count - 3)
    guard width >= Self.narrowestBar else { return String(words.prefix(room)) }
    let filled = Int(min(max(share, 0), 1) * Double(width))
    return "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: width - filled))] \(words)"
  }

  /// The columns of the terminal behind standard error at this moment; 80 where it does not say.
  static var terminalColumns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
