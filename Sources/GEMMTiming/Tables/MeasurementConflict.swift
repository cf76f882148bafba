internal import Foundation

/// Rows that pass for one thing and cannot be: of two machines of one name, or times that differ beyond what noise does.
public struct MeasurementConflict: Hashable, Sendable, CustomStringConvertible {
  /// What the rows pass for.
  public let group: MeasuredGroup
  /// The two machines, where the rows name two in their column `machine`; empty where they do not.
  public let machines: [String]
  /// The median over the shapes that both have of the second's time over the first's; nil where they share none.
  public let ratio: Double?
  /// How many shapes both have.
  public let shapes: Int

  /// The median ratio of two tables of one machine from which on they are not of one thing.
  ///
  /// Hours of a restless machine differ by 1.1 in the median (HostModel.md); kernels of one CPU by 1.3 to 5 (Haswell and
  /// AVX-512 kernels of OpenBLAS 0.3.21). Between the two lies a machine that was busy throughout.
  public static let largestRatio = 1.5
  /// So few shapes would tell a ratio by chance.
  public static let leastShapes = 8

  /// One line for people.
  public var description: String {
    let comparison = ratio.map {
      let times = String(format: "%.2f", $0 < 1 ? 1 / $0 : $0)
      let faster = $0 < 1 ? "the first takes" : "the second takes"
      return "\(faster) \(times) times as long (median of \(shapes) \(shapes == 1 ? "shape" : "shapes"))"
    }
    if machines.count == 2 {
      return "rows of \(group) are of two machines (\(machines.joined(separator: "; "))): "
        + (comparison ?? "no shape is in both")
    }
    return "rows of \(group) contradict each other: " + (comparison ?? "")
  }

  /// The first conflict among tables whose rows are to count as one; nil when there is none.
  ///
  /// Rows of one group conflict when they name two machines, or when ``leastShapes`` shapes and more differ by more than
  /// ``largestRatio`` in the median. O(rows · log rows) for each pair of tables.
  public static func first(in tables: [[TimingRow]]) -> MeasurementConflict? {
    let times = tables.map(Times.init)
    for second in times.indices {
      // A table may name two machines by itself.
      for first in 0...second {
        for group in times[first].groups where times[second].machines[group] != nil {
          let (a, b) = (times[first].machines[group] ?? [], times[second].machines[group] ?? [])
          let machines = Array(a.union(b).sorted().prefix(2))
          let ratios = first == second ? [] : times[first].ratios(to: times[second], group).sorted()
          let ratio = ratios.isEmpty ? nil : ratios[ratios.count / 2]
          let differs =
            ratios.count >= leastShapes && ratio.map { max($0, 1 / $0) > largestRatio } ?? false
          if machines.count > 1 || differs {
            return MeasurementConflict(
              group: group, machines: machines.count > 1 ? machines : [], ratio: ratio, shapes: ratios.count)
          }
        }
      }
    }
    return nil
  }

  /// The first conflict within one table: between the first, second, … rows of its shapes.
  public static func first(in table: TimingTable) -> MeasurementConflict? {
    var layers: [[TimingRow]] = []
    var depths: [MeasuredThing: Int] = [:]
    for row in table.rows {
      let depth = depths[MeasuredThing(row), default: 0]
      depths[MeasuredThing(row)] = depth + 1
      if depth == layers.count { layers.append([]) }
      layers[depth].append(row)
    }
    return first(in: layers)
  }

  /// One table's times by what was measured.
  private struct Times {
    private(set) var groups: [MeasuredGroup] = []
    /// The machines that the rows of a group name.
    private(set) var machines: [MeasuredGroup: Set<String>] = [:]
    private var seconds: [MeasuredThing: Double] = [:]

    init(_ rows: [TimingRow]) {
      for row in rows {
        let key = MeasuredThing(row)
        if machines[key.group] == nil {
          groups.append(key.group)
          machines[key.group] = []
        }
        if let machine = row.other["machine"], !machine.isEmpty { machines[key.group]?.insert(machine) }
        if seconds[key] == nil { seconds[key] = row.seconds }
      }
    }

    /// The other's time over this one's of each shape of a group that both have.
    func ratios(to other: Times, _ group: MeasuredGroup) -> [Double] {
      seconds.compactMap { key, mine in key.group == group ? other.seconds[key].map { $0 / mine } : nil }
    }
  }
}
