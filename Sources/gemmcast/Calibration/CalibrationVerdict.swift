internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostModels

/// Whether what a calibration measured is fit for use, told by fitting it: the fit is kept, and the next command has it.
struct CalibrationVerdict {
  /// What is wrong, a sentence each; empty when the table is fit for use.
  let defects: [String]
  /// Whether forecasts pass the table over unless it is named.
  private let isPassedOver: Bool

  /// Fits a table and judges it.
  ///
  /// - Parameters:
  ///   - table: what was measured.
  ///   - path: where it stands; nil for standard output.
  ///   - threads: the numbers of threads that were to be measured with.
  init(of table: TimingTable, at path: String?, threads: [Int]) {
    do {
      let (models, quality) = try MeasuredInputs.judge(
        path.map { try TextFile.read($0) } ?? table.csv(), of: path ?? "the table")
      let missing = threads.filter { count in !models.contains { $0.group.threads == count } }
      isPassedOver = quality?.isFit != true
      defects =
        (quality?.defects ?? []).map { "\($0)" }
        + missing.map {
          "too little was measured with \($0) \($0 == 1 ? "thread" : "threads"): there was no time for it"
        }
    } catch {
      isPassedOver = true
      defects = [Failure(error)?.message ?? "it cannot be fitted"]
    }
  }

  /// Says the verdict where the table is not fit for use.
  ///
  /// - Throws: `ExitCode` ``Failure/Status/unfit`` then.
  func report() throws {
    guard !defects.isEmpty else { return }
    for defect in defects { Diagnostics.warning("not fit for use: \(defect)") }
    Diagnostics.warning(
      (isPassedOver ? "no forecast takes this table unless --table names it; " : "")
        + "calibrate again on a quiet machine, or with a larger --budget")
    throw ExitCode(Failure.Status.unfit)
  }

  /// This machine's newest table that is fit for use; nil when there is none.
  static func newestFit(_ locator: HostTableLocator) -> String? {
    locator.own().first { path in
      guard let text = try? TextFile.read(path), let judged = try? MeasuredInputs.judge(text, of: path) else {
        return false
      }
      return judged.quality?.isFit == true
    }
  }
}
