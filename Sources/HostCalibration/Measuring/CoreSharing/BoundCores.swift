/// The cores that the calling thread and OpenBLAS's own are bound to, and how much other work shares them.
///
/// The first readings are taken when it is made. OpenBLAS's number of threads is a setting of the whole process, so there is
/// one of these at a time.
public final class BoundCores {
  /// The library, and where its threads are bound.
  public let setting: MeasurerSetting
  /// The caches beside which operands lie.
  let caches: OperandPlace.Caches
  /// How much slower than when quiet the calling thread's core is.
  let slowdown: CoreSlowdown
  /// Where the calling thread is, when it computes alone.
  let quietCore: QuietCore
  /// The same within long calls; nil where threads are not bound, and nobody knows which cores they run on.
  let sampler: InCallSlowdown?
  private let threadsBefore: Int

  /// Sets OpenBLAS's number of threads and binds each of them to a core of its own.
  ///
  /// - Parameters:
  ///   - topology: the machine.
  ///   - threads: how many threads a call uses.
  ///   - skipped: cores that other processes of a group have.
  ///   - pins: whether threads are bound (they stay so).
  ///   - moves: whether a thread that computes alone may go to a core that is quiet.
  ///   - seed: decides the contents of the probes' operands.
  ///   - probesSharing: whether to look which products OpenBLAS shares among threads: takes half a second, and a process
  ///     that has no other threads than OpenBLAS's.
  /// - Throws: ``CalibrationError/tooManyThreads(asked:available:because:)``.
  public init(
    topology: HostTopology, threads: Int, skipping skipped: Int = 0, pins: Bool = true, moves: Bool, seed: UInt64,
    probesSharing: Bool = false
  ) throws(CalibrationError) {
    threadsBefore = OpenBLAS.threads()
    if threads != threadsBefore { OpenBLAS.setThreads(max(1, threads)) }
    guard OpenBLAS.threads() == threads else {
      let available = OpenBLAS.threads()
      OpenBLAS.setThreads(threadsBefore)
      throw .tooManyThreads(
        asked: threads, available: available, because: ThreadLimit.limit(of: OpenBLASBuild.current.name, available))
    }
    let pinned = pins ? try ThreadPinning.pin(threads: threads, topology: topology, skipping: skipped) : []
    let choices = moves && !pinned.isEmpty ? QuietCore.choices(in: topology) : []
    // Before the samplers' threads start: until then all others are OpenBLAS's.
    setting = MeasurerSetting(
      openBLAS: .current, pinnedTo: pinned, choices: threads == 1 ? choices : [],
      loneVolume: probesSharing && threads > 1 ? ThreadSharingProbe().loneVolume() : nil)
    caches = OperandPlace.Caches(topology)
    let slowdown = CoreSlowdown(seed: seed)
    let hwloc = pinned.isEmpty ? nil : try Hwloc()
    let core = QuietCore(
      choices: choices, bind: { hwloc?.bindCallingThread(to: $0) ?? false }, slowdown: { slowdown.now() })
    let sampler = hwloc.map { hwloc in
      InCallSlowdown(cores: threads, seed: seed, hwloc: hwloc) {
        threads == 1 ? core.hardwareThread.map { [$0] } ?? pinned : pinned
      }
    }
    core.onEach {
      sampler?.begin()
      slowdown.takeFirstReadings(oneOf: choices.count)
      _ = sampler?.end(on: .alone)
    }
    (self.slowdown, quietCore, self.sampler) = (slowdown, core, sampler)
  }

  /// Moves the calling thread to another core where its own is shared and the other is not, or less so.
  public func seekQuiet() { _ = quietCore.seek() }

  /// The hardware threads that compute.
  public var hardwareThreads: [Int] { hardwareThreads(isAlone: setting.openBLAS.threads == 1) }

  /// The hardware threads that compute what the calling thread does alone, or what all share.
  func hardwareThreads(isAlone: Bool) -> [Int] {
    isAlone ? quietCore.hardwareThread.map { [$0] } ?? setting.pinnedTo : setting.pinnedTo
  }

  /// Gives OpenBLAS its former number of threads.
  func restoreThreads() {
    if OpenBLAS.threads() != threadsBefore { OpenBLAS.setThreads(threadsBefore) }
  }
}
