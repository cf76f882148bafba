internal import GEMMTiming
internal import HostCalibration
internal import HostModels

/// Which of several host fits answers: by option, else by what this machine would run.
struct HostChoice {
  private let options: TableOptions

  init(_ options: TableOptions) { self.options = options }

  /// The fits of one library and kernel, with the threads that are asked for.
  ///
  /// Without `--library` and `--kernel`, those of the library that is installed here, where the tables have it; then those
  /// of the kernel with the fastest row, as `calibrate` chooses it.
  ///
  /// - Throws: `Failure` that lists what there is, when nothing is as asked for.
  func candidates(among models: [FittedModel]) throws -> [FittedModel] {
    var left = models
    if let library = options.library {
      left = try narrowed(left, "--library \(library)") {
        $0.library?.lowercased().contains(library.lowercased()) == true
      }
    }
    if let kernel = options.kernel {
      left = try narrowed(left, "--kernel \(kernel)") { $0.kernel?.lowercased() == kernel.lowercased() }
    }
    if let threads = options.threads { left = try narrowed(left, "--threads \(threads)") { $0.threads == threads } }
    if Set(left.map(\.group.library)).count > 1 {
      let here = OpenBLASBuild.current.name
      let installed = left.filter { $0.group.library == here }
      if !installed.isEmpty { left = installed }
    }
    // Devices of several names are told apart by no option: the fastest of them too.
    let fastest = left.max { $0.ceilings.peakFlops < $1.ceilings.peakFlops }
    return left.filter { $0.group.software == fastest?.group.software }
  }

  private func narrowed(
    _ models: [FittedModel], _ option: String, _ fits: (MeasuredGroup) -> Bool
  ) throws -> [FittedModel] {
    let found = models.filter { fits($0.group) }
    guard found.isEmpty, !models.isEmpty else { return found }
    let known = models.map { "\($0.group)" }.joined(separator: "; ")
    throw Failure(Failure.Status.usage, "no table has rows for \(option); there is \(known)")
  }
}
