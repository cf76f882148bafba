internal import DataFiles
internal import Foundation
internal import LayerReplay

/// Shows how far a replay is: a bar on a terminal, nothing elsewhere.
final class ReplayDisplay {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let budget: Double
  private var hasBar = false

  /// A display of a run of so many seconds.
  init(budget: Double) { self.budget = budget }

  /// Shows one state.
  func show(_ progress: Replay.Progress) {
    guard isTerminal else { return }
    let line =
      switch progress {
      case .preparing: ProgressLine(share: 0, state: "filling weights", short: "filling weights")
      case .measuring(let seconds):
        ProgressLine(
          share: min(1, seconds / budget),
          state: "measuring, \(FixedPoint.text(seconds, decimals: 0)) of \(FixedPoint.text(budget, decimals: 0)) s",
          short: FixedPoint.text(seconds, decimals: 0) + " s")
      }
    Diagnostics.text("\r\u{1B}[K" + line.text(columns: ProgressLine.terminalColumns))
    hasBar = true
  }

  /// Clears the bar.
  func finish() {
    if hasBar { Diagnostics.text("\r\u{1B}[K") }
    hasBar = false
  }
}
