public import GEMMTiming

extension DeviceModel {
  /// Chooses the rows whose measurement on this device would make the forecast of a step surest.
  ///
  /// The step's time is Σ wᵢ·exp(eᵢ), of Gaussian errors e of log times that scatter as the operations' intervals say. To
  /// first order its variance is wᵀ·C·w. A part of each error's variance, `sharedVariance`, is alike for operations whose times
  /// the refinement moves together (``RowFamily``), by how its parameters move them. Of products the rest is
  /// alike for shapes within an octave or two, as ``plan(_:of:dtype:seed:)`` has it; of all else it is each operation's
  /// own, which the refinement does not learn. Each next row takes most from the variance that is left. No time needs to be
  /// known for that.
  ///
  /// - Parameters:
  ///   - count: how many rows to choose; all candidates where there are fewer.
  ///   - parts: what the step spends on its operations, each of them once.
  ///   - activation: the element type of passes over memory.
  ///   - sharedVariance: the part of an error's variance that operations share, in 0...1.
  ///   - stepDeviation: the standard deviation of the log error that the whole step has besides.
  /// - Returns: rows of the step's own operations and of ones like them.
  /// - Complexity: O(count·c²) for c operations and candidates, some ten of these for each operation.
  public func plan(
    _ count: Int, for parts: [StepPart], activation: DataType, sharedVariance: Double, stepDeviation: Double
  ) -> StepPlan {
    let total = parts.reduce(0) { $0 + $1.seconds }
    let candidates = candidates(for: parts, activation: activation)
    var builder = StepErrors(self, sharedVariance: sharedVariance)
    for part in parts { builder.add(part.operation, part.prediction, weight: total > 0 ? part.seconds / total : 0) }
    let first = builder.count
    for (row, prediction) in candidates { builder.add(row.operation, prediction, weight: 0) }
    var forecast = builder.forecast(rest: stepDeviation * stepDeviation)
    let before = forecast.variance.squareRoot()
    var open = Array(candidates.indices)
    var rows: [StepPlan.Row] = []
    while rows.count < count, let next = forecast.mostTelling(among: open.map { first + $0 }) {
      forecast.measure(next)
      open.removeAll { $0 == next - first }
      rows.append(.init(row: candidates[next - first].row, deviation: forecast.variance.squareRoot()))
    }
    let unteachable = parts.filter { family(of: $0.operation) == nil }.reduce(0) { $0 + $1.seconds }
    return StepPlan(
      rows: rows, deviation: before, floor: forecast.rest.squareRoot(), unteachable: total > 0 ? unteachable / total : 0
    )
  }

  /// Rows of a step's operations and of ones like them, each once, that can be measured and teach something.
  private func candidates(
    for parts: [StepPart], activation: DataType
  ) -> [(row: MeasurableRow, prediction: TimePrediction)] {
    var seen: Set<MeasurableRow> = []
    var candidates: [(row: MeasurableRow, prediction: TimePrediction)] = []
    for part in parts where part.seconds > 0 {
      guard let family = family(of: part.operation) else { continue }
      var row = MeasurableRow(like: part.operation, activation: activation)
      // What is too large to be timed is stood for by the largest like it that is not.
      while let large = row, measured(large) == nil { row = large.halved }
      for near in row?.neighbors ?? [] where self.family(of: near.operation) == family {
        if let prediction = measured(near), seen.insert(near).inserted { candidates.append((near, prediction)) }
      }
    }
    return candidates
  }

  /// A row's time, where its operands fit half of the memory and it takes no more than a tenth of a second.
  private func measured(_ row: MeasurableRow) -> TimePrediction? {
    let bytes: Double =
      switch row {
      case .gemm(let shape, let dtype): shape.bytes(dtype)
      case .collective(_, _, let bytes): 2 * Double(bytes)
      case .memory(_, let rows, let columns, let dtype): 3 * Double(rows) * Double(columns) * Double(dtype.size)
      case .attention(let shape, let dtype): shape.bytes(dtype)
      }
    guard bytes <= specification.memoryCapacity.value / 2, let prediction = try? predict(row.operation),
      prediction.seconds <= 0.1
    else { return nil }
    return prediction
  }
}

/// Errors of log times by the families that share them.
private struct StepErrors {
  private struct Error {
    let deviation: Double
    let weight: Double
    /// The place of its family, and its own in that; nil where no row teaches of it.
    let place: (family: Int, index: Int)?
    /// Of products, where what parameters leave is alike.
    let shape: [Double]?
  }

  private let device: DeviceModel
  private let shared: Double
  private var errors: [Error] = []
  private var families: [(family: RowFamily, operations: [Operation])] = []

  init(_ device: DeviceModel, sharedVariance: Double) { (self.device, shared) = (device, sharedVariance) }

  var count: Int { errors.count }

  mutating func add(_ operation: Operation, _ prediction: TimePrediction, weight: Double) {
    var place: (family: Int, index: Int)?
    if let family = device.family(of: operation) {
      let index = families.firstIndex { $0.family == family } ?? families.count
      if index == families.count { families.append((family, [])) }
      place = (index, families[index].operations.count)
      families[index].operations.append(operation)
    }
    var shape: [Double]?
    if case .gemm(let gemm, _, _) = operation { shape = PlanUncertainty.place(gemm) }
    errors.append(Error(deviation: prediction.logDeviation, weight: weight, place: place, shape: shape))
  }

  /// The variance of the weighted sum, `rest` included.
  func forecast(rest: Double) -> ForecastVariance {
    let effects = families.map { device.effects($0.family, of: $0.operations) }
    // What no row teaches: errors without a family, and each operation's own where no remainder is learned.
    func own(_ error: Error) -> Double {
      let share = error.place == nil ? 1 : error.shape == nil ? 1 - shared : 0
      return share * error.deviation * error.deviation
    }
    let covariance = ConditionedCovariance(
      noise: errors.map { error in
        let scatter = error.shape == nil ? FactorFit<MemoryFit, Int>.noise : PlanUncertainty.noise
        return own(error) + scatter * scatter
      }
    ) { i, j in
      guard let left = errors[i].place, let right = errors[j].place, left.family == right.family else { return 0 }
      var likeness = shared * effects[left.family].correlation(left.index, right.index)
      if let a = errors[i].shape, let b = errors[j].shape { likeness += (1 - shared) * PlanUncertainty.likeness(a, b) }
      return errors[i].deviation * errors[j].deviation * likeness
    }
    return ForecastVariance(
      covariance, weights: errors.map(\.weight),
      rest: errors.reduce(rest) { $0 + $1.weight * $1.weight * own($1) })
  }
}
