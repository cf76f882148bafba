import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct OperandPlaceTests {
  /// A core with 32 KiB, 512 KiB and 32 MiB of caches.
  private func place(
    _ m: Int, _ k: Int, _ n: Int, threads: Int = 1, cache: TimingRow.CacheState = .hot
  ) throws -> OperandPlace {
    let topology = try HostTopology.discover(
      synthetic: "l3:1(size=33554432) core:2 l2:1(size=524288) l1d:1(size=32768) pu:1", files: HostFiles(root: "/none"),
      environment: [:])
    let caches = OperandPlace.Caches(topology)
    #expect(caches.first == 32768 && caches.second == 524_288 && caches.last == 33_554_432)
    let item = WorkItem(try GEMMShape(m: m, k: k, n: n), threads: threads, cache: cache)
    return OperandPlace(item, isAlone: item.isAlone(upTo: 262_144), beside: caches)
  }

  @Test func smallOperandsStayInTheNearCaches() throws {
    let tiny = try place(32, 32, 32)
    #expect(!tiny.fillsCaches && tiny.isSteady && !tiny.isFar && !tiny.streams && !tiny.isOutside && !tiny.isReused)
    let small = try place(100, 100, 100)
    #expect(small.fillsCaches && small.isSteady && !small.isFar)
    // Threads that share a product wait for each other; one that does it alone does not.
    #expect(try !place(100, 100, 100, threads: 2).isSteady && place(32, 32, 32, threads: 2).isSteady)
    let cold = try place(100, 100, 100, cache: .cold)
    #expect(!cold.fillsCaches && !cold.isSteady && !cold.isFar)
  }

  @Test func largeOnesComeFromAfarUnlessTheyAreUsedForLong() throws {
    let far = try place(512, 512, 512)
    #expect(far.isFar && !far.isSteady && far.isReused && !far.streams && !far.isOutside)
    let skinny = try place(5000, 1000, 2)
    #expect(skinny.isFar && skinny.streams && !skinny.isReused && !skinny.isOutside)
    let outside = try place(8192, 64, 4096)
    #expect(outside.isOutside && !outside.isFar && !outside.streams && !outside.isReused)
    #expect(try place(8192, 1024, 4096).isReused)
  }
}
