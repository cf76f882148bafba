/// The cores of one rank: its calling thread and OpenBLAS's own on one each, a lone thread on the quietest.
public final class CoreBinding {
  /// The library and where its threads are bound.
  public let setting: MeasurerSetting
  private let core: QuietCore
  private let pace: CorePace
  /// The pace within long steps; nil where threads are not bound.
  let watch: PaceWatch?
  let caches: OperandPlace.Caches

  /// Binds the calling thread and OpenBLAS's to cores of their own.
  ///
  /// - Parameters:
  ///   - topology: the machine.
  ///   - threads: how many threads OpenBLAS was started with.
  ///   - skipped: cores that ranks before this one have.
  ///   - isAlone: whether no other rank runs, so that a single thread may go where it is quiet.
  ///   - seed: decides the contents of what listens to a core's pace.
  /// - Throws: ``CalibrationError/tooManyThreads(asked:available:because:)``.
  public init(
    topology: HostTopology, threads: Int, skipping skipped: Int, isAlone: Bool, seed: UInt64
  ) throws(CalibrationError) {
    if OpenBLAS.threads() != threads { OpenBLAS.setThreads(max(1, threads)) }
    let build = OpenBLASBuild.current
    guard build.threads == threads else {
      throw .tooManyThreads(
        asked: threads, available: build.threads, because: ThreadLimit.limit(of: build.name, build.threads))
    }
    let pinned = try ThreadPinning.pin(threads: threads, topology: topology, skipping: skipped)
    let choices = isAlone && threads == 1 && !pinned.isEmpty ? QuietCore.choices(in: topology) : []
    setting = MeasurerSetting(openBLAS: build, pinnedTo: pinned, choices: choices)
    caches = OperandPlace.Caches(topology)
    let hwloc = pinned.isEmpty ? nil : try Hwloc()
    let pace = CorePace(seed: seed)
    let core = QuietCore(
      choices: choices, bind: { hwloc?.bindCallingThread(to: $0) ?? false }, slowdown: { pace.slowdown() })
    let watch = hwloc.map { hwloc in
      PaceWatch(cores: threads, seed: seed, hwloc: hwloc) { core.hardwareThread.map { [$0] } ?? pinned }
    }
    core.onEach {
      watch?.begin()
      pace.learn(oneOf: choices.count)
      _ = watch?.end(on: .alone)
    }
    (self.pace, self.core, self.watch) = (pace, core, watch)
  }

  /// Moves the calling thread to another core where its own is shared with a neighbour and the other less so.
  public func seekQuiet() { _ = core.seek() }

  /// The hardware threads that the rank is on.
  public var hardwareThreads: [Int] { core.hardwareThread.map { [$0] } ?? setting.pinnedTo }

  /// How many times as long as usual the core takes at this moment.
  func slowdown() -> Double { pace.slowdown() }

  /// What a slowdown is over a quiet core's, on a scale.
  func pace(_ slowdown: Double, on scale: PaceScale) -> Double { pace.pace(slowdown, on: scale) }
}
