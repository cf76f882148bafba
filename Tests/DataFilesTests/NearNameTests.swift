import SeededRandom
import Testing

@testable import DataFiles

@Suite struct NearNameTests {
  private let names = [
    "h100-sxm-80gb", "h100-pcie-80gb", "a100-sxm-80gb", "llama-3.1-70b", "llama-3.1-8b", "reference",
  ]

  @Test(arguments: [
    ("h100", ["h100-sxm-80gb", "h100-pcie-80gb"]), ("H100", ["h100-sxm-80gb", "h100-pcie-80gb"]),
    ("llama-70b", ["llama-3.1-70b"]), ("Llama-3.1-8B-Instruct", ["llama-3.1-8b"]), ("refrence", ["reference"]),
    ("a100-smx-80gb", ["a100-sxm-80gb"]), ("something else", []), ("", []), ("mi300x", []), ("//", []),
  ])
  func nearNamesAreFound(name: String, near: [String]) {
    #expect(NearName.nearest(to: name, among: names) == near)
  }

  /// Against the recursive definition.
  @Test func distancesAreThoseOfTheDefinition() {
    func distance(_ a: [Character], _ b: [Character]) -> Int {
      if a.isEmpty || b.isEmpty { return a.count + b.count }
      let (shorterA, shorterB) = (Array(a.dropLast()), Array(b.dropLast()))
      var least = min(distance(shorterA, b), distance(a, shorterB)) + 1
      least = min(least, distance(shorterA, shorterB) + (a.last == b.last ? 0 : 1))
      if a.count > 1, b.count > 1, a[a.count - 1] == b[b.count - 2], a[a.count - 2] == b[b.count - 1] {
        least = min(least, distance(Array(a.dropLast(2)), Array(b.dropLast(2))) + 1)
      }
      return least
    }
    var state: UInt64 = 1
    func letters() -> String {
      String(
        (0..<Int(state % 6)).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return "abc"[String.Index(utf16Offset: Int(state >> 33) % 3, in: "abc")]
        })
    }
    for _ in 0..<200 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (a, b) = (letters(), letters())
      #expect(NearName.distance(a, b) == distance(Array(a), Array(b)), "\(a) \(b)")
    }
  }
}
