internal import GEMMTiming
internal import TransformerModels

/// Brings the operations of a measured step and of a forecast together: by their extents first, then in pieces or sizes,
/// and what is left by what it does.
struct StepMatching {
  typealias Row = StepComparison.Row

  private(set) var rows: [Row] = []
  private var measured: [Group]
  private var forecast: [Group]

  /// Equal operations of one side.
  fileprivate struct Group {
    var key: Key
    var row: Row

    var isOfKind: Bool {
      if case .kind = key { true } else { false }
    }
  }

  /// What makes operations equal.
  fileprivate enum Key: Hashable {
    /// C and its transpose are one product: the smaller and the larger of m and n.
    case product(Int, Int, k: Int, batch: Int)
    /// Programs repeat keys and values or do not: how many heads they have does not count.
    case attention(batch: Int, heads: Int, dimension: Int, queries: Int, keys: Int)
    case exchange(Communication.Kind, bytes: Int?, ranks: Int)
    case kind(MeasuredStep.Kind)
    /// Kernels that are none of what a forecast has, which only their names tell apart.
    case named(String)
  }

  init(_ step: MeasuredStep, _ operations: [StageOperation]) {
    let steps = Double(max(1, step.steps))
    measured = Self.groups(step.operations.map { (Key($0), Self.row($0, steps)) })
    forecast = Self.groups(operations.map { (Key($0.costed.operation), Self.row($0)) })
    joinNorms()
    joinFirst(.shape) { $0.key == $1.key && !$0.isOfKind }
    joinFirst(.pieces) { measured, forecast in
      let (calls, own) = (measured.row.measured?.calls ?? 0, forecast.row.forecast?.calls ?? 0)
      return Self.arePieces(measured.key, calls, of: forecast.key, own)
        || Self.arePieces(forecast.key, own, of: measured.key, calls)
    }
    joinSurplus()
    joinSizes()
    joinKinds()
    rows += measured.map(\.row) + forecast.map(\.row)
    for row in rows.indices { rows[row].measured?.names.sort { ($1.seconds, $0.name) < ($0.seconds, $1.name) } }
  }

  // MARK: - The two sides

  private static func row(_ operation: MeasuredStep.Operation, _ steps: Double) -> Row {
    let (calls, seconds) = (Double(operation.count) / steps, operation.seconds / steps)
    return Row(
      kind: operation.kind, basis: .measuredOnly, work: operation.work,
      measured: .init(calls: calls, seconds: seconds, names: [(operation.name, calls, seconds)]))
  }

  private static func row(_ operation: StageOperation) -> Row {
    let layer = operation.costed.operation
    // A number of experts' products that is no whole one stands as one of them, so many times.
    let repeats = layer.shape == nil ? 1 : layer.repeats
    return Row(
      kind: MeasuredStep.Kind(layer.operation), basis: .forecastOnly, work: MeasuredStep.Work(layer.operation),
      forecast: .init(
        calls: Double(operation.count) * repeats, interval: operation.total, names: [layer.name]))
  }

  private static func groups(_ rows: [(key: Key, row: Row)]) -> [Group] {
    var groups: [Group] = []
    var places: [Key: Int] = [:]
    for (key, row) in rows {
      if let place = places[key] {
        groups[place].row.add(row)
      } else {
        places[key] = groups.count
        groups.append(Group(key: key, row: row))
      }
    }
    return groups
  }

  // MARK: - Bringing together

  /// Norms that a program makes of several passes are passes in its trace.
  private mutating func joinNorms() {
    guard !measured.contains(where: { $0.key == .kind(.norm) }), measured.contains(where: { $0.key == .kind(.pass) }),
      let norm = forecast.firstIndex(where: { $0.key == .kind(.norm) })
    else { return }
    let norms = forecast.remove(at: norm)
    if let pass = forecast.firstIndex(where: { $0.key == .kind(.pass) }) {
      forecast[pass].row.add(norms.row)
    } else {
      forecast.append(Group(key: .kind(.pass), row: norms.row))
      forecast[forecast.count - 1].row.kind = .pass
    }
  }

  /// Makes one row of each forecast group and the first measured one that fits it.
  private mutating func joinFirst(
    _ basis: StepComparison.Basis, where fits: (_ measured: Group, _ forecast: Group) -> Bool
  ) {
    var left: [Group] = []
    for group in forecast {
      guard let place = measured.firstIndex(where: { fits($0, group) }) else {
        left.append(group)
        continue
      }
      rows.append(Self.sum([group.row, measured.remove(at: place).row], basis))
    }
    forecast = left
  }

  /// Pieces as large as another operation's products, among which they were counted: gate and up projections are as large
  /// as the gradient through the down projection.
  private mutating func joinSurplus() {
    var left: [Group] = []
    for group in forecast {
      let own = group.row.forecast?.calls ?? 0
      guard
        let place = rows.firstIndex(where: { row in
          guard row.basis == .shape, case .product(let shape, _) = row.work, let measured = row.measured?.calls,
            let known = row.forecast?.calls
          else { return false }
          return Self.arePieces(Key(shape), measured - known, of: group.key, own)
        })
      else {
        left.append(group)
        continue
      }
      let work = rows[place].work
      rows[place] = Self.sum([rows[place], group.row], .pieces)
      rows[place].work = work
    }
    forecast = left
  }

  /// Whether so many of one product are the same work as another: as many times smaller in one extent, as gate and up
  /// projections beside each other, or with as large a batch, as where heads that share keys have them repeated.
  private static func arePieces(_ piece: Key, _ calls: Double, of whole: Key, _ wholes: Double) -> Bool {
    guard case .product(let a, let b, let k, let batch) = piece, case .product(let c, let d, let l, let count) = whole
    else { return false }
    return [[(a, c), (b, d), (k, l)], [(a, d), (b, c), (k, l)]].contains { extents in
      let unequal = extents.filter { $0.0 != $0.1 }
      guard unequal.count == 1, let (part, all) = unequal.first, all > part, all.isMultiple(of: part) else {
        return false
      }
      let pieces = Double(all / part) * wholes
      if batch == count { return abs(calls - pieces) < 1e-6 * pieces }
      return batch == all / part * count && abs(calls - wholes) < 1e-6 * wholes
    }
  }

  /// Messages of one kind among as many ranks, which programs cut in their own ways, as gradients in buckets.
  private mutating func joinSizes() {
    struct Channel: Hashable {
      let kind: Communication.Kind
      let ranks: Int
    }
    func channel(_ group: Group) -> Channel? {
      if case .exchange(let kind, _, let ranks) = group.key { Channel(kind: kind, ranks: ranks) } else { nil }
    }
    for common in Set(measured.compactMap(channel)).intersection(forecast.compactMap(channel)).sorted(by: {
      ($0.kind.rawValue, $0.ranks) < ($1.kind.rawValue, $1.ranks)
    }) {
      let both = (forecast + measured).filter { channel($0) == common }.map(\.row)
      var row = Self.sum(both, .sizes)
      row.work = .exchange(common.kind, bytes: nil, ranks: common.ranks)
      rows.append(row)
      measured.removeAll { channel($0) == common }
      forecast.removeAll { channel($0) == common }
    }
  }

  /// Measured operations without extents beside all that is left of the forecast of their kind.
  private mutating func joinKinds() {
    for kind in MeasuredStep.Kind.allCases {
      guard let place = measured.firstIndex(where: { $0.key == .kind(kind) }) else { continue }
      let left = forecast.filter { $0.row.kind == kind }
      guard !left.isEmpty else { continue }
      var row = Self.sum(left.map(\.row) + [measured.remove(at: place).row], .kind)
      row.work = .unknown
      rows.append(row)
      forecast.removeAll { $0.row.kind == kind }
    }
  }

  /// All together; the extents are those of the first.
  private static func sum(_ rows: [Row], _ basis: StepComparison.Basis) -> Row {
    var sum = rows[0]
    for row in rows.dropFirst() { sum.add(row) }
    sum.basis = basis
    return sum
  }
}

extension StepMatching.Key {
  fileprivate init(_ operation: MeasuredStep.Operation) {
    switch operation.work {
    case .product(let shape, _): self.init(shape)
    case .attention(let shape): self.init(shape)
    case .exchange(let kind, let bytes, let ranks): self = .exchange(kind, bytes: bytes, ranks: ranks)
    case .unknown: self = operation.kind == .other ? .named(operation.name) : .kind(operation.kind)
    }
  }

  fileprivate init(_ operation: LayerOperation) {
    switch operation.operation {
    case .gemm(let shape, _, _): self.init(shape)
    // A trace has shapes of forward attention alone.
    case .attention(let shape, _) where operation.phase != .backward: self.init(shape)
    case .communication(let exchange):
      self = .exchange(exchange.kind, bytes: Int(exchange.bytes.rounded()), ranks: exchange.ranks)
    case .attention, .memory, .none: self = .kind(MeasuredStep.Kind(operation.operation))
    }
  }

  fileprivate init(_ shape: GEMMShape) {
    self = .product(min(shape.m, shape.n), max(shape.m, shape.n), k: shape.k, batch: shape.batch)
  }

  private init(_ shape: AttentionShape) {
    self = .attention(
      batch: shape.batch, heads: shape.heads, dimension: shape.headDimension, queries: shape.queryLength,
      keys: shape.keyLength)
  }
}

extension MeasuredStep.Work {
  fileprivate init(_ operation: GEMMTiming.Operation) {
    switch operation {
    case .gemm(let shape, let type, _): self = .product(shape, type)
    case .attention(let shape, _): self = .attention(shape)
    case .communication(let exchange):
      self = .exchange(exchange.kind, bytes: Int(exchange.bytes.rounded()), ranks: exchange.ranks)
    case .memory, .none: self = .unknown
    }
  }
}

extension StepComparison.Row {
  /// Takes in another row of the same operation.
  fileprivate mutating func add(_ row: Self) {
    if let other = row.measured {
      var sum = measured ?? .init(calls: 0, seconds: 0, names: [])
      sum.calls += other.calls
      sum.seconds += other.seconds
      for (name, calls, seconds) in other.names {
        if let place = sum.names.firstIndex(where: { $0.name == name }) {
          sum.names[place].calls += calls
          sum.names[place].seconds += seconds
        } else {
          sum.names.append((name, calls, seconds))
        }
      }
      measured = sum
    }
    if let other = row.forecast {
      guard let own = forecast else {
        forecast = other
        return
      }
      forecast = .init(
        calls: own.calls + other.calls, interval: own.interval + other.interval,
        names: own.names + other.names.filter { !own.names.contains($0) })
    }
  }
}
