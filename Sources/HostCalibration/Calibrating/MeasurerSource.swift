/// Gives the measurer for a number of threads: child processes are kept side by side, this process is one at a time.
struct MeasurerSource {
  private let make: (Int, _ kernel: String?) throws(CalibrationError) -> (any Measurer, [KernelTrial])
  private let onlyOneAtATime: Bool
  private var measurers: [Int: any Measurer] = [:]
  private(set) var setting: MeasurerSetting?

  /// Measurers that `make` gives, for a number of threads and the kernel that was chosen before (nil the first time).
  init(
    onlyOneAtATime: Bool = false,
    make: @escaping (Int, _ kernel: String?) throws(CalibrationError) -> (any Measurer, [KernelTrial])
  ) {
    self.make = make
    self.onlyOneAtATime = onlyOneAtATime
  }

  /// The measurers of a place; `earlier` is the kernel of a table that they continue.
  init(
    place: MeasuringPlace, plan: MeasurementPlan, topology: HostTopology, kernel earlier: String?, stop: StopFlag
  ) {
    switch place {
    case .thisProcess:
      self.init(onlyOneAtATime: true) { threads, _ throws(CalibrationError) in
        let measurer = try InProcessMeasurer(
          topology: topology, threads: threads, memoryLimit: plan.memoryLimit, seed: plan.seed)
        return (measurer, [])
      }
    case .childProcess(let launch, let choice):
      self.init { threads, kernel throws(CalibrationError) in
        // Further processes get the kernel that the first trial chose.
        let next: CoreTypeChoice =
          if let known = kernel ?? earlier, choice == .automatic { .named(known) } else { choice }
        let (worker, trials) = try KernelChooser(launch: launch, topology: topology, threads: threads, stop: stop)
          .start(next)
        return (worker, trials)
      }
    }
  }

  /// The measurer for a number of threads, made when first asked for.
  mutating func measurer(threads: Int) throws(CalibrationError) -> (measurer: any Measurer, trials: [KernelTrial]) {
    if let measurer = measurers[threads] { return (measurer, []) }
    if onlyOneAtATime { closeAll() }
    let (measurer, trials) = try make(threads, setting?.openBLAS.kernel)
    measurers[threads] = measurer
    if setting == nil { setting = measurer.setting }
    return (measurer, trials)
  }

  /// Ends them all.
  mutating func closeAll() {
    for measurer in measurers.values { measurer.close() }
    measurers = [:]
  }
}
