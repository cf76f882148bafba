internal import Foundation
public import GEMMTiming

/// The time of exchanges between GPUs by the α–β model: a latency a step, a bandwidth a byte.
///
/// For S bytes among n ranks, with α the latency of a step and B what one GPU sends (Thakur, Rabenseifner and Gropp,
/// *Optimization of Collective Communication Operations in MPICH*, 2005):
///
///     ring all-reduce            2·(n−1)·α + 2·(n−1)/n·S/B
///     tree all-reduce            2·⌈log₂ n⌉·α + 2·S/B
///     all-gather, reduce-scatter (n−1)·α + (n−1)/n·S/B
///     all-to-all                 (n−1)·α + (n−1)/n·S/B
///     broadcast                  ⌈log₂ n⌉·α + S/B
///     send                       α + S/B
///
/// Over several nodes each step is done inside a node first, then between nodes on the share that a GPU holds. There B
/// is divided by what a ``NetworkFabric`` says of an exchange that crosses the spine.
/// S is the size of the whole message, as the nccl-tests print it (`size`): the buffer that ends up reduced or gathered.
public struct CollectiveModel: Sendable {
  private let specification: DeviceSpecification
  /// What rows taught about exchanges inside a node; nil to go by the links' α and β alone.
  private let fit: CollectiveFit?
  private let intra: InterconnectLink
  private let inter: InterconnectLink
  private let launch: Double

  /// The exchanges of GPUs of one kind.
  ///
  /// - Parameters:
  ///   - specification: the device file.
  ///   - variant: the library that is meant, as measured files name it; nil for the usual one.
  ///   - usesFits: whether what rows taught is used where the file has it.
  public init(_ specification: DeviceSpecification, variant: String? = nil, usesFits: Bool = true) {
    self.specification = specification
    let fits = usesFits ? specification.collectiveFits : []
    fit =
      fits.first { fit in variant.map { text in fit.matches.contains { text.contains($0) } } ?? false } ?? fits.first
    intra = specification.intraNode
    inter = specification.interNode
    launch = specification.launch.value
  }

  /// The time of one exchange; none when a single rank takes part.
  public func predict(_ communication: Communication) -> TimePrediction {
    let ranks = Double(max(communication.ranks, 1))
    guard ranks > 1, communication.bytes > 0 else { return .zero }
    let nodes = Double(min(max(communication.nodes, 1), communication.ranks))
    let local = (ranks / nodes).rounded(.up)
    let seconds: Double
    if nodes <= 1 {
      if let fit,
        let known = fit.seconds(communication.kind, bytes: communication.bytes, ranks: ranks, on: specification)
      {
        return .init(
          seconds: known, low: known * fit.spread.low, high: known * fit.spread.high, bound: .network,
          source: fit.timeSource)
      }
      seconds = time(communication.kind, bytes: communication.bytes, ranks: ranks, over: intra)
    } else if local <= 1 {
      seconds = time(
        communication.kind, bytes: communication.bytes, ranks: ranks, over: inter, slowDown: slowDown(communication))
    } else {
      seconds = hierarchical(communication, local: local, nodes: nodes)
    }
    let total = launch + seconds
    return .init(seconds: total, low: total / 1.4, high: total * 1.4, bound: .network, source: .scaled)
  }

  private func hierarchical(_ communication: Communication, local: Double, nodes: Double) -> Double {
    let (kind, bytes, slowDown) = (communication.kind, communication.bytes, slowDown(communication))
    func between(_ bytes: Double, ranks: Double = nodes) -> Double {
      time(kind, bytes: bytes, ranks: ranks, over: inter, slowDown: slowDown)
    }
    return switch kind {
    case .allReduce:
      level(.reduceScatter, bytes: bytes, ranks: local)
        + between(bytes / local)
        + level(.allGather, bytes: bytes, ranks: local)
    case .allGather, .reduceScatter: level(kind, bytes: bytes, ranks: local) + between(bytes / local)
    case .broadcast: level(kind, bytes: bytes, ranks: local) + between(bytes)
    case .allToAll:
      max(
        level(kind, bytes: bytes / nodes, ranks: local),
        inter.latency.value * (nodes - 1) + bytes * (nodes - 1) / nodes / (rate(inter) / slowDown))
    case .sendReceive: between(bytes, ranks: 2)
    }
  }

  /// How many times as long bytes between nodes take because of the spine.
  private func slowDown(_ communication: Communication) -> Double {
    specification.fabric?.slowDown(communication.kind, communication.placement) ?? 1
  }

  /// One level of a hierarchy: the fitted protocols inside a node, α and β on any link.
  private func level(_ kind: Communication.Kind, bytes: Double, ranks: Double) -> Double {
    fit?.seconds(kind, bytes: bytes, ranks: ranks, on: specification)
      ?? time(kind, bytes: bytes, ranks: ranks, over: intra)
  }

  private func time(
    _ kind: Communication.Kind, bytes: Double, ranks: Double, over link: InterconnectLink, slowDown: Double = 1
  ) -> Double {
    let alpha = link.latency.value
    let whole = bytes / (rate(link) / slowDown)
    let share = whole * (ranks - 1) / ranks
    let depth = log2(ranks).rounded(.up)
    return switch kind {
    case .allReduce: min(2 * (ranks - 1) * alpha + 2 * share, 2 * depth * alpha + 2 * whole)
    case .allGather, .reduceScatter, .allToAll: (ranks - 1) * alpha + share
    case .broadcast: depth * alpha + whole
    case .sendReceive: alpha + whole
    }
  }

  private func rate(_ link: InterconnectLink) -> Double { link.bandwidth.value * link.efficiency.value }
}
