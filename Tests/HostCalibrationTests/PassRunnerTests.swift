import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct PassRunnerTests {
  /// Every pass writes its m·n elements and nothing behind them.
  @Test(arguments: TimingRow.Routine.allCases.filter { $0.passKind != nil }, [64, 128, 192])
  func aPassWritesItsRows(routine: TimingRow.Routine, width: Int) throws {
    let rows = 5
    let item = WorkItem(try GEMMShape(m: rows, k: 1, n: width), routine: routine, threads: 1)
    let x = (0..<2 * rows * width).map { Float($0 % 17) / 17 - 0.5 }
    let scale = Array(repeating: Float(1), count: 2 * width)
    // Softmax and residual sums work on what is there.
    var y = Array(repeating: Float(0.25), count: rows * width) + Array(repeating: Float(-7), count: 64)
    let before = y
    PassRunner(item).run(x: x, scale: scale, y: &y)
    #expect(y.prefix(rows * width).allSatisfy { $0.isFinite } && y.prefix(rows * width) != before.prefix(rows * width))
    #expect(y.suffix(64) == before.suffix(64))
    if routine == .softmax { #expect(abs(y.prefix(width).reduce(0, +) - 1) < 1e-5) }
  }

  @Test func passesAreTimedLikeProducts() throws {
    let arena = OperandArena(limit: 1e8, coldBytes: 1e6, seed: 1)
    for routine in TimingRow.Routine.allCases where routine.passKind != nil {
      var calls = try CallRunner(
        item: WorkItem(try GEMMShape(m: 9, k: 1, n: 128), routine: routine, threads: 1), arena: arena)
      #expect(calls.time(3) > 0, "\(routine)")
    }
  }
}
