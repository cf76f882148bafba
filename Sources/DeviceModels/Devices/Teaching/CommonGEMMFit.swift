internal import Foundation
public import GEMMTiming
public import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

/// Fits what GEMM kernels of all devices have in common to rows of several, and tells by leaving whole devices out how far
/// a device lies from it that nobody measured.
///
/// Each parameter of a kind of kernels is its start times e^x, the x by ``RobustLeastSquares`` on logarithms. Rows of
/// kernels that load their operands otherwise count a tenth: they tell what those rows leave open. Every device counts
/// the same, however many rows it has.
public struct CommonGEMMFit {
  /// The rows of one device.
  public struct Device {
    let specification: DeviceSpecification
    let rows: [Row]

    /// GEMM rows of a device; those of element types without tiles, or that begin off 16 bytes, teach nothing here.
    public init(_ specification: DeviceSpecification, rows: [TimingRow]) {
      self.specification = specification
      self.rows = rows.compactMap { row in
        guard row.device == specification.name, row.routine == .gemm,
          let tiled = TiledGEMM(
            specification, dtype: row.dtype, shape: .unused, detail: .tiles, common: CommonGEMMs([:])),
          specification.kernels(for: row.dtype) == .vector || tiled.isAligned(row.shape)
        else { return nil }
        return Row(dtype: row.dtype, measured: GEMMRefinement.Row(row))
      }
    }

    /// The same with at most so many rows of each element type, chosen by chance.
    fileprivate func sampled(_ count: Int) -> Device {
      var kept: [Row] = []
      for dtype in DataType.allCases {
        let own = rows.filter { $0.dtype == dtype }
        kept += SplitMix64.sample(own.count, limit: count, seed: 3).map { own[$0] }
      }
      return Device(specification: specification, rows: kept)
    }

    private init(specification: DeviceSpecification, rows: [Row]) {
      (self.specification, self.rows) = (specification, rows)
    }
  }

  /// A measured time.
  struct Row {
    let dtype: DataType
    let measured: GEMMRefinement.Row
  }

  /// Where a row lies of a fit that has not seen its device.
  struct Miss {
    let bound: TimePrediction.Bound
    /// log measured over predicted time.
    let residual: Double
  }

  typealias Kernels = CommonGEMMParameters.Kernels

  /// How far a row lies from the best parameters.
  private static let noise = 0.1
  /// What a row of other kernels counts.
  private static let otherKernelsWeight = 0.1
  /// Rows of each device and element type that a fit looks at.
  private static let rowsOfAType = 500
  /// The rows that a device counts as.
  private static let rowsOfADevice = 700.0

  private let devices: [Device]
  private let solver: any DenseSolver

  /// A fit to rows of these devices.
  public init(_ devices: [Device], solver: any DenseSolver) {
    self.devices = devices.map { $0.sampled(Self.rowsOfAType) }
    self.solver = solver
  }

  /// The parameters that all devices teach but those that are left out, with the spread around a device that is not
  /// among them.
  ///
  /// - Parameters:
  ///   - left: a device whose rows do not count.
  ///   - source: what the rows are, for the file's reader.
  /// - Returns: a set for each kind of kernels that the device that is left out has rows of, or that any has.
  /// - Throws: `SolverError`; it does not occur with finite rows.
  /// - Complexity: O(devices) fits of O(iterations × parameters × rows) predictions.
  public func common(leavingOut left: String? = nil, source: String) throws(SolverError) -> CommonGEMMs {
    let taught = devices.filter { $0.specification.name != left }
    let asked = left.map { name in devices.filter { $0.specification.name == name } } ?? taught
    var sets: [Kernels: CommonGEMMParameters] = [:]
    for kernels in Kernels.allCases
    where asked.contains(where: { Self.has(kernels, $0) })
      && taught.contains(where: { device in
        Kernels.allCases.contains { Self.resembles($0, kernels) && Self.has($0, device) }
      })
    {
      var set = try fitted(kernels, to: taught)
      set.spread = try spread(kernels, of: taught)
      set.source = source
      sets[kernels] = set
    }
    return CommonGEMMs(sets)
  }

  // MARK: - Parameters

  private static func has(_ kernels: Kernels, _ device: Device) -> Bool {
    device.rows.contains { device.specification.kernels(for: $0.dtype) == kernels }
  }

  /// Whether rows of one kind of kernels tell of another.
  private static func resembles(_ other: Kernels, _ kernels: Kernels) -> Bool {
    (other == .vector) == (kernels == .vector)
  }

  private struct Lesson {
    let device: DeviceSpecification
    let row: Row
    let kernels: Kernels
    let weight: Double
  }

  private func fitted(_ kernels: Kernels, to devices: [Device]) throws(SolverError) -> CommonGEMMParameters {
    let lessons = devices.flatMap { device in
      let rows = device.rows.filter { Self.resembles(device.specification.kernels(for: $0.dtype), kernels) }
      let share = min(1, Self.rowsOfADevice / Double(max(rows.count, 1)))
      return rows.map { row in
        let own = device.specification.kernels(for: row.dtype)
        let weight = share * (own == kernels ? 1 : Self.otherKernelsWeight)
        return Lesson(device: device.specification, row: row, kernels: own, weight: weight.squareRoot())
      }
    }
    let start = CommonGEMMParameters.start(kernels)
    let directions = Self.directions(kernels)
    func moved(_ x: [Double]) -> CommonGEMMParameters {
      var set = start
      for (direction, value) in zip(directions, x) { set[keyPath: direction.path] *= exp(value) }
      return set
    }
    let search = RobustLeastSquares(deviations: directions.map(\.deviation), noise: Self.noise, iterations: 12)
    let x = try search.minimum(solver: solver) { x in
      let models = Models(moved(x))
      return lessons.map { lesson in
        lesson.weight
          * (models.logarithm(lesson.row, on: lesson.device, kernels: lesson.kernels)
            - lesson.row.measured.logarithm)
      }
    }.x
    return moved(x)
  }

  /// A parameter, and the standard deviation of its factor's logarithm.
  private typealias Direction = (path: WritableKeyPath<CommonGEMMParameters, Double>, deviation: Double)

  private static func directions(_ kernels: Kernels) -> [Direction] {
    var directions: [Direction] = [
      (\.sustainedShare, 0.16), (\.bandwidthFraction, 0.14), (\.kneeSharpness, 0.6), (\.stepClocks, 0.8),
      (\.residentTiles, 0.8), (\.waveQuantization, 0.6), (\.splitClocks, 0.6), (\.epilogueBandwidthFraction, 0.8),
      (\.halfIntensity, 1.4),
    ]
    // Of the devices with rows of kernels without matrix units one alone runs into its power limit, and launches of 25 µs
    // and more hide what small kernels take.
    if kernels != .vector {
      directions += [
        (\.headroom, 0.5), (\.throttlingSeconds, 2), (\.launchShare, 0.6), (\.memoryLatencyClocks, 0.6),
        (\.widthExponent, 1), (\.cacheBytesPerClock, 1), (\.cacheShare, 0.3),
      ]
    }
    return directions
  }

  // MARK: - Spread

  /// Where rows of a device lie of which the fit has none: each device is left out in turn.
  ///
  /// Kinds of matrix units' kernels of which fewer than three devices have rows take the misses of the other kind with theirs.
  private func spread(_ kernels: Kernels, of devices: [Device]) throws(SolverError) -> GEMMSpread {
    var misses: [[Miss]] = []
    for left in devices where devices.count > 1 && Self.has(kernels, left) {
      misses.append(try self.misses(of: left, kernels, among: devices))
    }
    if misses.count < 3 {
      for left in devices where devices.count > 1 && !Self.has(kernels, left) {
        let own = Kernels.allCases.first { Self.resembles($0, kernels) && Self.has($0, left) }
        if let own { misses.append(try self.misses(of: left, own, among: devices)) }
      }
    }
    return UnseenSpread(misses).spread(known: CommonGEMMParameters.start(kernels).spread)
  }

  /// A device's rows of one kind of kernels beside what all others teach.
  private func misses(of left: Device, _ kernels: Kernels, among devices: [Device]) throws(SolverError) -> [Miss] {
    let others = devices.filter { $0.specification.name != left.specification.name }
    let models = Models(try fitted(kernels, to: others))
    return left.rows.filter { left.specification.kernels(for: $0.dtype) == kernels }
      .map { models.miss($0, on: left.specification, kernels: kernels) }
  }
}

/// The models of one set of parameters on the devices that were asked for, made once each.
private final class Models {
  private let set: CommonGEMMParameters
  private var models: [String: TiledGEMM] = [:]

  init(_ set: CommonGEMMParameters) { self.set = set }

  private func model(
    _ dtype: DataType, on device: DeviceSpecification, kernels: CommonGEMMParameters.Kernels
  ) -> TiledGEMM? {
    let key = device.name + dtype.rawValue
    if let known = models[key] { return known }
    let made = TiledGEMM(
      device, dtype: dtype, shape: .unused, detail: .tiles, common: CommonGEMMs([kernels: set]))
    models[key] = made
    return made
  }

  func logarithm(
    _ row: CommonGEMMFit.Row, on device: DeviceSpecification, kernels: CommonGEMMParameters.Kernels
  ) -> Double {
    model(row.dtype, on: device, kernels: kernels)
      .map { log($0.time(row.measured.shape, inTurn: row.measured.weightsInTurn).seconds) } ?? row.measured.logarithm
  }

  func miss(
    _ row: CommonGEMMFit.Row, on device: DeviceSpecification, kernels: CommonGEMMParameters.Kernels
  ) -> CommonGEMMFit.Miss {
    let model = model(row.dtype, on: device, kernels: kernels)
    guard let (seconds, bound) = model?.time(row.measured.shape, inTurn: row.measured.weightsInTurn) else {
      return .init(bound: .latency, residual: 0)
    }
    return .init(bound: bound, residual: row.measured.logarithm - log(seconds))
  }
}
