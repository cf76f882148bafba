internal import Foundation

/// Does something on as many threads as there are ranks, all at once, and waits for them.
///
/// A queue runs no more at a time than there are cores, and ranks wait for each other.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for rank in 0..<count {
    group.enter()
    Thread {
      body(rank)
      group.leave()
    }.start()
  }
  group.wait()
}
