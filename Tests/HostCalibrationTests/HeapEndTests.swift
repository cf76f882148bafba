import Foundation
import Testing

@testable import HostCalibration

@Suite struct HeapEndTests {
  @Test func glibcsSettingsAreAddedToThoseThatAreThere() {
    let name = "GLIBC_TUNABLES"
    let ours = "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"
    #expect(HeapVariable.adding(to: ["A": "b"]) == ["A": "b", name: ours])
    #expect(
      HeapVariable.adding(to: [name: "glibc.rtld.nns=4:glibc.malloc.tcache_count=5"])
        == [name: "glibc.rtld.nns=4:" + ours])
  }

  // In a process and on a thread of its own, as where calls are measured: nobody else takes from its heap meanwhile.
  @Test func memoryOfAnySizeBeginsAtOneDistanceFromAPage() async {
    await #expect(processExitsWith: .success) {
      let distances = await withCheckedContinuation { continuation in
        Thread { continuation.resume(returning: distancesAmongGaps(count: 400)) }.start()
      }
      #if canImport(Glibc)
      #expect(distances == Array(repeating: 688, count: 6))
      #endif
    }
  }
}

/// Where memory of several sizes begins after a page's start, bytes, in a heap with gaps of many sizes.
private func distancesAmongGaps(count: Int) -> [Int] {
  var pieces = (0..<2 * count).map { malloc(16 * ($0 * 37 % 700 + 3)) }
  for index in stride(from: 0, to: pieces.count, by: 2) {
    free(pieces[index])
    pieces[index] = nil
  }
  var distances: [Int] = []
  distances.reserveCapacity(8)
  let heap = HeapEnd()
  // Larger than what glibc keeps for each thread unless told otherwise (``HeapVariable``).
  for size in [1100, 2000, 3000, 5000, 9000, 30000] {
    let piece = malloc(size)
    distances.append(Int(bitPattern: piece) & 4095)
    free(piece)
  }
  heap.release()
  for piece in pieces { free(piece) }
  return distances
}
