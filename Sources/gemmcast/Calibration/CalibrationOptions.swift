public import ArgumentParser
internal import GEMMTiming
public import HostCalibration
internal import ModelFiles
internal import Reporting
internal import TransformerModels

extension MeasurementPlan.Preset: ExpressibleByArgument {}

/// Numbers of threads to measure with, as the command line gives them: `1`, `all`, `1,2,all`.
struct ThreadCounts: ExpressibleByArgument {
  /// One number, or as many as can run at full speed.
  enum Count: Hashable {
    case exactly(Int)
    case all
  }
  var counts: [Count]

  init?(argument: String) {
    counts = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      if part == "all" {
        counts.append(.all)
      } else if let number = Int(part), number > 0 {
        counts.append(.exactly(number))
      } else {
        return nil
      }
    }
  }

  var defaultValueDescription: String {
    counts.map { if case .exactly(let number) = $0 { "\(number)" } else { "all" } }.joined(separator: ",")
  }

  /// The numbers on a machine, ascending.
  func resolved(on topology: HostTopology) -> [Int] {
    Set(counts.map { if case .exactly(let number) = $0 { number } else { topology.usableThreads } }).sorted()
  }
}

/// An amount of memory on the command line: `2GiB`, `512M`, `1e9`.
struct MemorySize: ExpressibleByArgument {
  var bytes: Double

  init?(argument: String) {
    let units: [(String, Double)] = [
      ("TiB", 0x1p40), ("GiB", 0x1p30), ("MiB", 0x1p20), ("KiB", 0x1p10), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6),
      ("kB", 1e3), ("T", 0x1p40), ("G", 0x1p30), ("M", 0x1p20), ("K", 0x1p10), ("B", 1), ("", 1),
    ]
    for (unit, factor) in units where argument.lowercased().hasSuffix(unit.lowercased()) {
      guard let number = Double(argument.dropLast(unit.count)), number.isFinite, number > 0 else { return nil }
      bytes = number * factor
      return
    }
    return nil
  }
}

/// `--preset`, `--threads` and what else decides what is measured.
struct CalibrationOptions: ParsableArguments {
  @Option(help: "How much to measure: quick takes up to 30 s, standard up to 2 min, thorough 10 min.")
  var preset: MeasurementPlan.Preset = .standard

  @Option(help: ArgumentHelp("Numbers of threads, with commas between; the time is shared.", valueName: "1|N|all"))
  var threads = ThreadCounts(counts: [.exactly(1), .all])

  @Option(
    help: ArgumentHelp(
      "The OpenBLAS kernel: auto tries those that suit this CPU and keeps the fastest, inherit takes the environment's.",
      valueName: "auto|inherit|name"))
  var coreType = "auto"

  @Option(help: ArgumentHelp("Seconds in all, instead of the preset's.", valueName: "seconds"))
  var budget: Double?

  @Option(
    help: ArgumentHelp(
      "What operands may take, as in 2GiB; half of the memory available unless told otherwise.", valueName: "size"))
  var maxMemory: MemorySize?

  @Option(
    help: ArgumentHelp(
      "Measure these shapes instead: a CSV with the columns m,k,n and optionally batch, dtype, cache, trans_a, trans_b.",
      valueName: "file"))
  var shapes: String?

  @Option(help: "Decides the shapes, their order and the operands' contents.")
  var seed: UInt64 = 1

  @Flag(help: "Choose shapes as it goes: the less sure the model fitted so far, the likelier.")
  var adaptive = false

  @Option(
    help: ArgumentHelp(
      "Choose shapes so, and end when the model expects no more than this error of itself (3% or 0.03).",
      valueName: "error"))
  var targetError: RelativeError?

  @Flag(inversion: .prefixedNo, help: "Bind each thread to a core.")
  var pin = true

  /// How shapes are chosen from what is measured; nil where the plan alone decides.
  var choice: AdaptiveChoice? {
    adaptive || targetError != nil ? ModelGuidedChoice.adaptive(targetError: targetError?.value) : nil
  }

  func validate() throws {
    if shapes != nil, choice != nil { throw ValidationError("--shapes names the shapes; --adaptive would choose them") }
  }

  /// What `all` threads are on a machine, and why; nil where `all` was not asked for.
  func meaningOfAll(on topology: HostTopology) -> String? {
    guard threads.counts.contains(.all) else { return nil }
    let limit = topology.threadLimit
    let fastest = topology.fastestCores.count
    let mixed = fastest < limit.count ? ", \(fastest) of the fastest kind and others" : ""
    return "--threads all is \(limit)\(mixed)"
  }

  /// The plan on a machine.
  ///
  /// `models` are those whose products are measured besides.
  func plan(on topology: HostTopology, models: [String] = []) throws -> MeasurementPlan {
    let counts = threads.resolved(on: topology)
    guard let shapes else {
      let plan = try MeasurementPlan.preset(
        preset, topology: topology, threads: counts, budget: budget, memoryLimit: maxMemory?.bytes, seed: seed,
        including: models.flatMap { try MeasuredProducts(of: ModelConfiguration(named: $0)).items })
      if plan.items.isEmpty {
        throw CalibrationError.badPlan(
          "\(Quantity.bytes(plan.memoryLimit)) (--max-memory) hold no operands worth measuring; give a size with its unit, as in 2GiB"
        )
      }
      return plan
    }
    let list = try ShapeList(contentsOf: shapes)
    for item in list.items {
      if let dtype = item.dtype, dtype != .fp32 { throw CalibrationError.unsupportedType(item.shape, dtype) }
    }
    return try MeasurementPlan.shapes(
      list.items, preset: preset, topology: topology, threads: counts, budget: budget,
      memoryLimit: maxMemory?.bytes, seed: seed)
  }
}

extension RelativeError: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension ThreadCounts {
  init(counts: [Count]) { self.counts = counts }
}
