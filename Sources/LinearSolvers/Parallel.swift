internal import Foundation
internal import Synchronization

/// Independent parts of a computation on all cores at once.
public enum Parallel {
  /// What `body` makes of 0..<count, in order.
  ///
  /// - Parameters:
  ///   - count: how many parts there are.
  ///   - solver: what they solve with; one after the other where it is not to be used from several threads.
  ///   - body: makes one part.
  /// - Returns: the parts.
  /// - Throws: the error of the first part that has one.
  public static func map<Part: Sendable>(
    _ count: Int, with solver: any DenseSolver, _ body: @Sendable (Int) throws(SolverError) -> Part
  ) throws(SolverError) -> [Part] {
    let results = Mutex<[Int: Result<Part, SolverError>]>([:])
    func run(_ index: Int) {
      let result: Result<Part, SolverError>
      do throws(SolverError) { result = .success(try body(index)) } catch { result = .failure(error) }
      results.withLock { $0[index] = result }
    }
    if solver.isConcurrent, count > 1 {
      withoutActuallyEscaping(run) { run in
        nonisolated(unsafe) let run = run
        DispatchQueue.concurrentPerform(iterations: count) { run($0) }
      }
    } else {
      for index in 0..<count { run(index) }
    }
    var parts: [Part] = []
    for index in 0..<count {
      if let result = results.withLock({ $0[index] }) { parts.append(try result.get()) }
    }
    return parts
  }
}
