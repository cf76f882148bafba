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

  // On a thread of its own, as in a measuring process: nobody else takes from its heap meanwhile.
  @Test func memoryOfAnySizeBeginsAtOneDistanceFromAPage() async {
    let distances = await withCheckedContinuation { continuation in
      Thread {
        // Gaps of many sizes, such as earlier work leaves.
        var pieces = (1...60).map { malloc(16 * ($0 % 37 + 3)) }
        for index in stride(from: 0, to: pieces.count, by: 2) {
          free(pieces[index])
          pieces[index] = nil
        }
        let heap = HeapEnd()
        var distances: [Int] = []
        distances.reserveCapacity(8)
        // Larger than what glibc keeps for each thread unless told otherwise (``HeapVariable``).
        for size in [1100, 2000, 3000, 5000, 9000, 30000] {
          let piece = malloc(size)
          distances.append(Int(bitPattern: piece) & 4095)
          free(piece)
        }
        heap.release()
        for piece in pieces { free(piece) }
        continuation.resume(returning: distances)
      }.start()
    }
    #if canImport(Glibc)
    #expect(distances == Array(repeating: 688, count: 6))
    #endif
  }
}
