import GEMMTiming
import Testing

@Suite struct TimingTableTests {
  @Test func devicesStandOnceInOrderOfAppearance() throws {
    let shape = try GEMMShape(m: 1, k: 1, n: 1)
    let rows = ["b", "a", "b", "c", "a"].map { TimingRow(device: $0, dtype: .fp32, shape: shape, seconds: 1) }
    #expect(TimingTable(rows: rows).devices == ["b", "a", "c"])
    #expect(TimingTable().devices.isEmpty)
  }

  @Test func knownColumnsIncludeTheRequiredOnes() {
    #expect(Set(TimingTable.requiredColumns).isSubset(of: TimingTable.knownColumns))
    #expect(Set(TimingTable.knownColumns).count == TimingTable.knownColumns.count)
    #expect(Set(TimingTable.provenanceColumns).isDisjoint(with: TimingTable.knownColumns))
  }

  @Test func aRowHoldsWhatEveryTableHasAndNoMore() throws {
    let row = TimingRow(device: "d", dtype: .bf16, shape: try GEMMShape(m: 1, k: 2, n: 3), seconds: 0.5)
    #expect(row.routine == .gemm)
    #expect(row.low == nil && row.high == nil && row.minimum == nil && row.samples == nil)
    #expect(row.threads == nil && row.cache == nil && row.other.isEmpty)
  }
}
