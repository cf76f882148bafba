import Testing

@testable import HostCalibration

@Suite struct QuietCoreTests {
  /// Hardware threads 3, 5 and 8, of which each has its slowdown, and what was asked of the system.
  private final class Cores {
    var slowdowns = [3: 1.0, 5: 1.0, 8: 1.0]
    var refuses: Set<Int> = []
    private(set) var current = 3
    private(set) var binds = 0

    func quietCore(interval: Double = 0) -> QuietCore {
      QuietCore(
        choices: [3, 5, 8], interval: interval,
        bind: { [self] unit in
          binds += 1
          guard !refuses.contains(unit) else { return false }
          current = unit
          return true
        }, slowdown: { [self] in slowdowns[current] ?? 0 })
    }
  }

  @Test func aCoreOfOnesOwnIsKept() {
    let cores = Cores()
    let core = cores.quietCore()
    #expect(core.seek() == .stayed && core.hardwareThread == 3 && cores.binds == 0)
  }

  @Test func aSharedCoreIsLeftForOneThatIsNot() {
    let cores = Cores()
    let core = cores.quietCore()
    cores.slowdowns = [3: 1.4, 5: 1.3, 8: 1.01]
    #expect(core.seek() == .moved && core.hardwareThread == 8 && cores.current == 8)
    cores.slowdowns = [3: 1.02, 5: 1.3, 8: 1.5]
    #expect(core.seek() == .moved && core.hardwareThread == 3 && cores.current == 3)
  }

  @Test func whereAllAreSharedTheLeastSlowIsTaken() {
    let cores = Cores()
    let core = cores.quietCore()
    cores.slowdowns = [3: 1.4, 5: 1.2, 8: 1.3]
    #expect(core.seek() == .moved && core.hardwareThread == 5 && cores.current == 5)
    #expect(core.seek() == .returned && core.hardwareThread == 5 && cores.current == 5)
  }

  @Test func whatTheSystemRefusesIsNoChoice() {
    let cores = Cores()
    let core = cores.quietCore()
    cores.slowdowns = [3: 1.4, 5: 1, 8: 1]
    cores.refuses = [5]
    #expect(core.seek() == .moved && core.hardwareThread == 8 && cores.current == 8)
    cores.slowdowns[8] = 1.4
    cores.refuses = [3, 5]
    #expect(core.seek() == .stayed && core.hardwareThread == 8 && cores.current == 8)
  }

  @Test func searchesKeepTheirDistance() {
    let cores = Cores()
    let core = cores.quietCore(interval: 1e9)
    cores.slowdowns = [3: 1.4, 5: 1, 8: 1]
    #expect(core.seek() == .moved && core.hardwareThread == 5)
    cores.slowdowns = [3: 1, 5: 1.4, 8: 1]
    #expect(core.seek() == .stayed && core.hardwareThread == 5)
  }

  @Test func oneGoesHomeFromWhereverOneIs() {
    let cores = Cores()
    let core = cores.quietCore()
    core.goHome()
    #expect(cores.binds == 0)
    cores.slowdowns = [3: 1.4, 5: 1, 8: 1]
    #expect(core.seek() == .moved && cores.current == 5)
    core.goHome()
    #expect(core.hardwareThread == 3 && cores.current == 3)
  }

  @Test func eachCoreIsVisitedAndTheFirstOneLast() {
    let cores = Cores()
    let core = cores.quietCore()
    var visited: [Int] = []
    core.onEach { visited.append(cores.current) }
    #expect(visited == [8, 5, 3] && core.hardwareThread == 3)
    var times = 0
    let alone = QuietCore(choices: [], bind: { _ in false }, slowdown: { 2 })
    alone.onEach { times += 1 }
    #expect(times == 1 && alone.seek() == .stayed && alone.hardwareThread == nil)
  }

  @Test func choicesAreNextToTheSameMemory() throws {
    func choices(_ synthetic: String) throws -> [Int] {
      QuietCore.choices(
        in: try HostTopology.discover(synthetic: synthetic, files: HostFiles(root: "/none"), environment: [:]))
    }
    #expect(try choices("package:2 core:2 pu:2") == [0, 2])
    #expect(try choices("package:1 core:6 pu:1") == [0, 1, 2, 3])
    #expect(try choices("package:1 core:1 pu:2") == [])
  }
}
