/// Keeps one thread on a core that is its own: of several alike, one that no neighbour shares at the moment.
///
/// The cores of a virtual machine have neighbours of their own: in a bad minute one of two was shared for nine tenths of the
/// time and the other for eight, both at once for seven and a half, as if by chance.
final class QuietCore {
  /// The hardware threads to choose from, one a core; none where the thread stays where it is.
  let choices: [Int]
  private let bind: (Int) -> Bool
  private let slowdown: () -> Double
  private let interval: Double
  private var current = 0
  private var soughtAt = -Double.infinity

  /// More choices would take longer to look through than most neighbours stay.
  private static let mostChoices = 4

  /// A choice among hardware threads, the first of which the thread is on.
  ///
  /// `slowdown` says how many times as long as usual the core takes that the thread is on; `bind` puts the calling thread
  /// on a hardware thread, and says whether the system let it. `interval` is the seconds between two searches: where all
  /// cores are shared, looking for another takes time as well.
  init(
    choices: [Int], interval: Double = 5e-4, bind: @escaping (Int) -> Bool, slowdown: @escaping () -> Double
  ) {
    self.choices = choices
    self.interval = interval
    self.bind = bind
    self.slowdown = slowdown
  }

  /// The cores that one thread may choose from which is bound to the topology's first: those next to the same memory.
  static func choices(in topology: HostTopology) -> [Int] {
    guard let first = topology.cores.first else { return [] }
    let alike = topology.cores.filter { $0.package == first.package && $0.numaNode == first.numaNode }
    let choices = alike.prefix(mostChoices).compactMap(\.processingUnits.first)
    return choices.count > 1 ? choices : []
  }

  /// The hardware thread that the thread was put on last; nil without a choice.
  var hardwareThread: Int? { choices.isEmpty ? nil : choices[current] }

  /// Does something on each of the cores, the first of them last; once where there is no choice.
  func onEach(_ body: () -> Void) {
    for place in choices.indices.reversed() where bind(choices[place]) {
      current = place
      body()
    }
    if choices.isEmpty { body() }
  }

  /// Puts the thread on the first of the cores, where several threads have one each and it is its own.
  func goHome() {
    if current != 0, let first = choices.first, bind(first) { current = 0 }
  }

  /// What a search for another core came to.
  enum Outcome {
    /// The thread is where it was, and has been there all the time.
    case stayed
    /// It is back, as no other core was less shared.
    case returned
    /// It is on another core.
    case moved
  }

  /// Moves the calling thread to another core where its own is shared and the other is not, or less so; does nothing right
  /// after it was asked before.
  func seek() -> Outcome {
    guard choices.count > 1, MonotonicClock.now() >= soughtAt + interval else { return .stayed }
    defer { soughtAt = MonotonicClock.now() }
    var best = (place: current, slowdown: slowdown())
    guard best.slowdown >= CoreSlowdown.shared else { return .stayed }
    let start = current
    var hasLeft = false
    for step in 1..<choices.count {
      let place = (start + step) % choices.count
      guard bind(choices[place]) else { continue }
      (current, hasLeft) = (place, true)
      // The first reading finds the core's caches without the products.
      _ = slowdown()
      let found = slowdown()
      if found < best.slowdown { best = (place, found) }
      if found < CoreSlowdown.shared { break }
    }
    if best.place != current, bind(choices[best.place]) { current = best.place }
    return current != start ? .moved : hasLeft ? .returned : .stayed
  }
}
