import GEMMTiming
import Testing

@Suite struct MeasurementConflictTests {
  /// Rows of `count` shapes that take `factor` times as long as the plain ones.
  private func rows(_ count: Int, times factor: Double = 1, machine: String? = nil, kernel: String = "K") throws
    -> [TimingRow]
  {
    try (1...count).map { extent in
      TimingRow(
        device: "cpu", dtype: .fp32, shape: try GEMMShape(m: extent, k: 2, n: 3),
        seconds: factor * Double(extent) * 1e-6,
        threads: 1, cache: .hot, other: ["kernel": kernel].merging(machine.map { ["machine": $0] } ?? [:]) { $1 })
    }
  }

  @Test func tablesThatAgreeHaveNone() throws {
    #expect(MeasurementConflict.first(in: [try rows(20), try rows(20, times: 1.4)]) == nil)
    #expect(MeasurementConflict.first(in: [try rows(20, machine: "A"), try rows(20, machine: "A")]) == nil)
    // A row that does not say its machine may be of any.
    #expect(MeasurementConflict.first(in: [try rows(20, machine: "A"), try rows(20)]) == nil)
    #expect(MeasurementConflict.first(in: []) == nil)
  }

  @Test func timesThatDifferThroughoutAreNotOfOneThing() throws {
    let conflict = try #require(MeasurementConflict.first(in: [try rows(20), try rows(30, times: 2)]))
    #expect(conflict.machines.isEmpty && conflict.shapes == 20 && abs((conflict.ratio ?? 0) - 2) < 1e-9)
    #expect("\(conflict)".contains("the second takes 2.00 times as long (median of 20 shapes)"))
    let reverse = try #require(MeasurementConflict.first(in: [try rows(20, times: 3), try rows(20)]))
    #expect("\(reverse)".contains("the first takes 3.00 times as long"))
    // Seven shapes may differ by chance.
    #expect(MeasurementConflict.first(in: [try rows(7), try rows(7, times: 2)]) == nil)
  }

  @Test func twoMachinesAreNamedWhateverTheirTimes() throws {
    let conflict = try #require(
      MeasurementConflict.first(in: [try rows(3, machine: "B"), try rows(3, machine: "A")]))
    #expect(conflict.machines == ["A", "B"] && conflict.ratio == 1)
    // In one table too.
    let one = TimingTable(rows: try rows(3, machine: "A") + rows(3, machine: "B"))
    #expect(MeasurementConflict.first(in: one)?.machines == ["A", "B"])
    let apart = TimingTable(rows: [try rows(2, machine: "A")[0], try rows(2, machine: "B")[1]])
    let found = try #require(MeasurementConflict.first(in: apart))
    #expect(found.shapes == 0 && found.ratio == nil && "\(found)".contains("no shape is in both"))
  }

  @Test func kernelsAreDifferentThings() throws {
    #expect(MeasurementConflict.first(in: [try rows(20), try rows(20, times: 5, kernel: "Other")]) == nil)
    let table = TimingTable(rows: try rows(20) + rows(20, times: 5, kernel: "Other"))
    #expect(MeasurementConflict.first(in: table) == nil)
    #expect(MeasuredGroup.groups(of: table).map(\.kernel) == ["K", "Other"])
  }
}
