/// One direction of a graph's structure in compressed sparse rows: the neighbours of task v stand at
/// `targets[offsets[v] ..< offsets[v + 1]]`, by rising id, each once.
struct AdjacencyRows: Sendable {
  var offsets: [Int32]
  var targets: [Int32]

  subscript(task: Int) -> ArraySlice<Int32> { targets[Int(offsets[task])..<Int(offsets[task + 1])] }

  /// The rows of the pairs (`rows[i]`, `targets[i]`), in the order of the pairs; repeated pairs stay.
  ///
  /// O(V + E).
  ///
  /// A counting sort: count each row's entries, sum the counts into offsets, put each entry at its row's cursor.
  /// All ids must lie in 0 ..< `taskCount`.
  init(taskCount: Int, rows: [Int32], targets unsorted: [Int32]) {
    offsets = Self.offsets(taskCount: taskCount, rows: rows)
    var cursor = offsets
    targets = Array(unsafeUninitializedCapacity: unsorted.count) { targets, count in
      cursor.withUnsafeMutableBufferPointer { cursor in
        for (row, target) in zip(rows, unsorted) {
          let position = cursor[Int(row)]
          targets.initializeElement(at: Int(position), to: target)
          cursor[Int(row)] = position + 1
        }
      }
      count = unsorted.count
    }
  }

  private init(offsets: [Int32], targets: [Int32]) {
    self.offsets = offsets
    self.targets = targets
  }

  /// The other direction, by rising id: rows are visited in rising order, so each target's entries come sorted.
  ///
  /// O(V + E).
  func transposed() -> AdjacencyRows {
    let taskCount = offsets.count - 1
    let sums = Self.offsets(taskCount: taskCount, rows: targets)
    var cursor = sums
    let result = [Int32](unsafeUninitializedCapacity: targets.count) { result, count in
      cursor.withUnsafeMutableBufferPointer { cursor in
        targets.withUnsafeBufferPointer { targets in
          offsets.withUnsafeBufferPointer { offsets in
            for row in 0..<taskCount {
              for index in Int(offsets[row])..<Int(offsets[row + 1]) {
                let target = Int(targets[index])
                let position = cursor[target]
                result.initializeElement(at: Int(position), to: Int32(truncatingIfNeeded: row))
                cursor[target] = position + 1
              }
            }
          }
        }
      }
      count = targets.count
    }
    return AdjacencyRows(offsets: sums, targets: result)
  }

  /// Drops repeated neighbours; rows must be sorted.
  ///
  /// O(V + E).
  mutating func removeDuplicates() {
    var kept = 0
    var begin = 0
    for row in 0..<(offsets.count - 1) {
      let end = Int(offsets[row + 1])
      let rowStart = kept
      for index in begin..<end where kept == rowStart || targets[index] != targets[kept - 1] {
        targets[kept] = targets[index]
        kept += 1
      }
      begin = end
      offsets[row + 1] = Int32(truncatingIfNeeded: kept)
    }
    targets.removeSubrange(kept...)
  }

  private static func offsets(taskCount: Int, rows: [Int32]) -> [Int32] {
    var offsets = [Int32](repeating: 0, count: taskCount + 1)
    offsets.withUnsafeMutableBufferPointer { offsets in
      for row in rows { offsets[Int(row) + 1] += 1 }
      for row in 0..<taskCount { offsets[row + 1] += offsets[row] }
    }
    return offsets
  }
}
