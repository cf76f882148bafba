/// How a matrix's rows lie in the sets of a first-level cache.
///
/// A copy that packs a block goes down some hundred rows and takes a part of one line from each; the next panel takes the
/// next part. The lines are still there only when the rows' starts spread over the sets: with rows of 32·j floats they
/// fall into every other set, with 1024·j into one. On an Emerald Rapids core, packing 320 such rows takes a fifth longer
/// from 32 floats on.
enum CacheSets {
  /// Bytes after which lines come to the same set again: 64 sets of 64 bytes, as in the first-level caches of the usual
  /// processors with pages of 4 KiB.
  private static let period = 4096.0
  private static let lineBytes = 64.0
  /// Rows after which a stride may come back to where it began: from half of the sets on, it crowds none.
  private static let mostSteps = 32

  /// Bytes of a cache that `rows` stretches of so many lines use up which begin `stride` bytes apart: as many as the sets
  /// that they fall into have room for, were they spread over all.
  ///
  /// A stride that comes back after d steps to within δ bytes fills d·lines + rows·δ/64 sets; the least over d counts.
  static func bytes(rows: Double, stride: Double, lines: Double = 1) -> Double {
    let all = period / lineBytes
    var sets = all
    let step = stride.truncatingRemainder(dividingBy: period)
    var position = 0.0
    for steps in 1...mostSteps {
      position += step
      if position >= period { position -= period }
      let distance = min(position, period - position)
      sets = min(sets, Double(steps) * lines + rows * distance / lineBytes)
    }
    return rows * lines * lineBytes * all / max(sets, 1)
  }
}
