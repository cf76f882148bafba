internal import DataFiles
internal import Foundation
internal import HostCalibration
internal import Reporting

/// Shows a calibration's progress on standard error: a bar on a terminal, else a line now and then.
struct CalibrationDisplay {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var shownAt = -Double.infinity
  private var hasBar = false
  private var repeated = 0

  /// Seconds between two lines, and between two states of the bar.
  private var interval: Double { isTerminal ? 0.2 : 10 }

  /// Shows one event.
  mutating func show(_ event: CalibrationProgress) {
    switch event {
    case .kernelChosen(let kernel, let trials):
      let sorted = trials.sorted { $0.flops > $1.flops }
      let list = sorted.map { "\($0.kernel) \(Quantity.throughput($0.flops))" }.joined(separator: ", ")
      let reason = sorted.first?.kernel == kernel ? "" : ", " + Self.reasonToKeep(kernel, among: trials)
      note("kernel \(kernel)\(reason); tried (mean over GEMMs of all kinds): \(list)")
    case .ready(let setting):
      let (build, count) = (setting.openBLAS, setting.openBLAS.threads)
      note(
        "measuring with \(build.name), kernel \(build.kernel), "
          + "\(count) \(count == 1 ? "thread" : "threads"), \(Self.binding(setting))"
          + (setting.loneVolume.map { ", shared above m·k·n = \(Quantity.count(Int($0)))" } ?? ""))
    case .measured(let item, let done, let total, let pass, let elapsed, let budget):
      guard elapsed - shownAt >= interval || done == total else { return }
      shownAt = elapsed
      // Time ends most calibrations, before all passes are done.
      let share = min(1, max(total > 0 ? Double(done) / Double(total) : 1, budget > 0 ? elapsed / budget : 0))
      let time = [elapsed, budget].map { FixedPoint.text($0.rounded(.down), decimals: 0) }.joined(separator: " of ")
      let state = "\(done) of up to \(total) visits, pass \(pass + 1), \(item.threads) thr, \(time) s"
      if isTerminal {
        let line = ProgressLine(share: share, state: state, short: "\(done)/\(total), \(time) s")
        Diagnostics.text("\r\u{1B}[K" + line.text(columns: ProgressLine.terminalColumns))
        hasBar = true
      } else {
        note(state)
      }
    case .repeated(let count, _): repeated += count
    case .chose(let count, let error):
      note("chose \(count) shapes, more where the model is less sure (expected error \(Quantity.percent(error)))")
    case .ended(let unfinished, let stopped):
      note(
        "\(unfinished) \(unfinished == 1 ? "shape is" : "shapes are") left unmeasured: "
          + (stopped ? "stopped" : "the time is spent") + "; --resume goes on")
    }
  }

  /// Why a kernel is kept that was not the fastest of the trial; the first that is tried is OpenBLAS's own choice.
  private static func reasonToKeep(_ kernel: String, among trials: [KernelTrial]) -> String {
    trials.first?.kernel == kernel
      ? "OpenBLAS's own choice, as none is clearly faster" : "as fast as the fastest and made for newer CPUs"
  }

  /// Which cores the threads are bound to.
  private static func binding(_ setting: MeasurerSetting) -> String {
    if setting.pinnedTo.isEmpty { return "not bound to cores" }
    return setting.choices.isEmpty
      ? "bound to hardware threads \(HostTopology.ranges(setting.pinnedTo))"
      : "bound to the quietest of hardware threads \(HostTopology.ranges(setting.choices))"
  }

  /// Clears the bar and says what was remarkable.
  mutating func finish() {
    clearBar()
    if repeated > 0 { note("\(repeated) measurements were repeated, as the machine was slow meanwhile") }
  }

  private mutating func note(_ text: String) {
    clearBar()
    Diagnostics.note(text)
  }

  private mutating func clearBar() {
    if hasBar { Diagnostics.text("\r\u{1B}[K") }
    hasBar = false
  }
}
