internal import DeviceModels
internal import Reporting

extension RefinementLesson {
  /// What the rows of a table brought, for the report.
  var sentence: String {
    let subject = "\(kind.prefix(1).uppercased())\(kind.dropFirst()) rows of --table, \(subject): "
    let count = "\(rows) row\(rows == 1 ? "" : "s")"
    switch outcome {
    case .refined(let before, let after):
      let then = after.map { ", \(Quantity.percent($0)) where they were left out in turn." }
      return subject + "refined by \(count), mean error \(Quantity.percent(before)) by the device file"
        + (then ?? "; too few to leave some out.")
    case .taught: return subject + "\(count) made a fit that the device file does not have."
    case .unused(let reason): return subject + "\(count) not used: \(reason)."
    }
  }
}

extension MeasuredInputs {
  /// Sentences on rows of GPUs that say nothing of a device.
  func unusedOperations(of device: String, isUsed: Bool) -> [String] {
    let own = otherOperations.filter { $0.device == device }
    let others = Set(otherOperations.map(\.device)).subtracting([device]).sorted()
    return
      (isUsed || own.isEmpty
      ? [] : ["\(own.count) rows of exchanges, passes over memory or attention that --table has are not used."])
      + (others.isEmpty
        ? [] : ["--table has rows of \(others.joined(separator: ", ")) too, which say nothing of \(device)."])
  }
}
