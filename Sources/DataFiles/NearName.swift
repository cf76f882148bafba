/// Names near to one that was mistyped.
public enum NearName {
  /// The names that were probably meant, the nearest first; empty where none is near.
  ///
  /// Near is a name that has all words of the given one (`h100` of `h100-sxm-80gb`) or all of whose words the given one
  /// has, else one that a quarter of its letters, and at least one, would have to be changed for. Case does not count. O(length² · names).
  public static func nearest(to name: String, among names: [String]) -> [String] {
    guard !name.isEmpty, name.count <= 100 else { return [] }
    let given = name.lowercased()
    let words = Self.words(given)
    if !words.isEmpty {
      let containing = names.filter { candidate in
        let known = Self.words(candidate.lowercased())
        return words.allSatisfy { word in known.contains { $0 == word } }
      }
      if !containing.isEmpty { return containing }
      let contained = names.filter { Self.words($0.lowercased()).allSatisfy { words.contains($0) } }
      if !contained.isEmpty { return contained }
    }
    let distances = names.map { (name: $0, distance: distance(given, $0.lowercased())) }
    guard let least = distances.map(\.distance).min(), least <= max(1, given.count / 4) else { return [] }
    return distances.filter { $0.distance == least }.map(\.name)
  }

  private static func words(_ text: String) -> [Substring] { text.split { !$0.isLetter && !$0.isNumber } }

  /// The fewest letters to insert, leave out, change or swap with a neighbor that make one text of the other.
  ///
  /// Optimal string alignment (Boytsov, *Indexing methods for approximate dictionary searching*, 2011, §2). O(lengths).
  static func distance(_ a: String, _ b: String) -> Int {
    let (first, second) = (Array(a), Array(b))
    var older: [Int] = []
    var previous = Array(0...second.count)
    for i in first.indices {
      var row = [i + 1]
      for j in second.indices {
        var least = min(previous[j + 1], row[j]) + 1
        least = min(least, previous[j] + (first[i] == second[j] ? 0 : 1))
        if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] { least = min(least, older[j - 1] + 1) }
        row.append(least)
      }
      (older, previous) = (previous, row)
    }
    return previous[second.count]
  }
}
