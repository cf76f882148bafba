internal import DataFiles

/// How many threads `all` stands for on a host, and what sets that limit.
public struct ThreadLimit: Hashable, Sendable {
  /// What there is no more of.
  public enum Reason: Hashable, Sendable {
    /// The cores that this process may use.
    case cores
    /// The CPUs' worth of time that the control group grants.
    case quota(Double)
    /// The threads that the OpenBLAS build of that name runs.
    case library(String)
  }

  /// The number of threads, 1 or more.
  public let count: Int
  /// What sets it.
  public let reason: Reason
}

extension ThreadLimit: CustomStringConvertible {
  /// `2 threads, as many cores as may be used`.
  public var description: String {
    let number = "\(count) \(count == 1 ? "thread" : "threads")"
    switch reason {
    case .cores: return "\(number), as many cores as may be used"
    case .quota(let quota): return "\(number), as the control group grants \(FixedPoint.text(quota, decimals: 2)) CPUs"
    case .library(let build): return "\(number), as \(Self.limit(of: build, count))"
    }
  }

  /// What a build of OpenBLAS cannot do.
  static func limit(of build: String, _ count: Int) -> String {
    "\(build) is built for " + (count == 1 ? "one thread" : "\(count) threads at most")
  }
}

extension HostTopology {
  /// As many threads as can run at once: the least of allowed cores, CPU quota and what the library runs.
  public var threadLimit: ThreadLimit {
    var limit = ThreadLimit(count: max(1, cores.count), reason: .cores)
    // Half a CPU more than a thread needs is no second thread.
    if let cpuQuota {
      let count = max(1, Int(min(max(cpuQuota, 0), 1e6)))
      if count < limit.count { limit = ThreadLimit(count: count, reason: .quota(cpuQuota)) }
    }
    if let most = openBLAS.maximumThreads, most < limit.count {
      limit = ThreadLimit(count: max(1, most), reason: .library(openBLAS.name))
    }
    return limit
  }

  /// The number of ``threadLimit``.
  public var usableThreads: Int { threadLimit.count }

  /// The cores of the fastest kind that this process may use; all of them where they are alike.
  public var fastestCores: [Core] {
    guard let fastest = coreKinds.first, fastest.rank != nil else { return cores }
    let own = Set(fastest.processingUnits)
    let allowed = cores.filter { !own.isDisjoint(with: $0.processingUnits) }
    return allowed.isEmpty ? cores : allowed
  }

  /// Refuses a number of threads that cannot each have a core, or that the library does not run.
  ///
  /// - Throws: ``CalibrationError/tooManyThreads(asked:available:because:)``.
  func require(threads count: Int) throws(CalibrationError) {
    if let most = openBLAS.maximumThreads, count > most, most < cores.count {
      throw .tooManyThreads(asked: count, available: most, because: ThreadLimit.limit(of: openBLAS.name, most))
    }
    guard count <= cores.count else {
      throw .tooManyThreads(
        asked: count, available: cores.count,
        because: "this process may use \(cores.count == 1 ? "one core" : "\(cores.count) cores")")
    }
  }
}
