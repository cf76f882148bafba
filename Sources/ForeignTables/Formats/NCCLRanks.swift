/// The GPUs that a run of nccl-tests lists, by group.
///
/// `NCCL_TESTS_SPLIT` makes several groups, each with ranks from 0, that run at once: NVIDIA/nccl-tests `src/common.cu`.
/// Processes of a program that was built without MPI know nothing of each other, and each lists rank 0.
struct NCCLRanks {
  /// One line of the list.
  struct Rank: Hashable {
    let number: Int
    let group: Int
    let host: String
    let device: String
  }

  private(set) var list: [Rank] = []
  private var seen: Set<[Int]> = []

  var count: Int { list.count }
  var isEmpty: Bool { list.isEmpty }

  /// The names of the GPUs.
  var devices: Set<String> { Set(list.map(\.device)) }

  /// Adds a rank; false when it stands in its group already.
  mutating func add(_ rank: Rank) -> Bool {
    list.append(rank)
    return seen.insert([rank.group, rank.number]).inserted
  }

  /// The cause of what stands twice, and what helps.
  static let alone = "each process ran alone, and nothing went between them"
  static let remedy = "build nccl-tests with MPI=1, so that the processes of one launch are one run"

  /// How many GPUs took part in one exchange, over how many nodes, in how many groups at once.
  enum Layout {
    case known(ranks: Int, nodes: Int, groups: Int)
    /// Why it cannot be told.
    case unclear(String)
  }

  /// The layout; nil when nothing is listed.
  var layout: Layout? {
    guard !list.isEmpty else { return nil }
    let groups = Dictionary(grouping: list, by: \.group)
    let sizes = Set(groups.values.map(\.count))
    let nodes = Set(groups.values.map { Set($0.map(\.host)).count })
    guard sizes.count == 1, let size = sizes.first, nodes.count == 1, let hosts = nodes.first else {
      return .unclear("the ranks are of \(groups.count) groups of different sizes")
    }
    func isWhole(_ ranks: [Rank]) -> Bool { Set(ranks.map(\.number)) == Set(0..<ranks.count) }
    guard groups.values.allSatisfy(isWhole) || isWhole(list) else {
      let last = list.map(\.number).max() ?? 0
      // Of one number more than are listed, one is missing.
      let missing = (0...list.count).first { number in !list.contains { $0.number == number } }
      return .unclear("rank \(missing ?? list.count) is not listed, and rank \(last) is")
    }
    return .known(ranks: size, nodes: hosts, groups: groups.count)
  }
}
