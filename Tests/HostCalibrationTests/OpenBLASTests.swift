import GEMMTiming
import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct OpenBLASTests {
  /// The definition, in double precision.
  private static func naive(_ m: Int, _ k: Int, _ n: Int, _ a: [Float], _ b: [Float]) -> [Double] {
    var c = Array(repeating: 0.0, count: m * n)
    for i in 0..<m {
      for p in 0..<k {
        for j in 0..<n { c[i * n + j] += Double(a[i * k + p]) * Double(b[p * n + j]) }
      }
    }
    return c
  }

  @Test func sgemmIsRowMajorProductOfMByKAndKByN() {
    var generator = SplitMix64(seed: 20)
    for _ in 0..<25 {
      // All three different, so that no pair can be exchanged unnoticed.
      let (m, k, n) = (
        Int.random(in: 1...37, using: &generator), Int.random(in: 38...70, using: &generator),
        Int.random(in: 71...99, using: &generator)
      )
      let order = [(m, k, n), (n, m, k), (k, n, m)][Int.random(in: 0..<3, using: &generator)]
      let a = (0..<order.0 * order.1).map { _ in Float.random(in: -1...1, using: &generator) }
      let b = (0..<order.1 * order.2).map { _ in Float.random(in: -1...1, using: &generator) }
      var c = Array(repeating: Float.nan, count: order.0 * order.2)
      OpenBLAS.sgemm(m: order.0, k: order.1, n: order.2, a: a, b: b, c: &c)
      for (value, expected) in zip(c, Self.naive(order.0, order.1, order.2, a, b)) {
        #expect(abs(Double(value) - expected) < 1e-4)
      }
    }
  }

  @Test(arguments: OperandLayout.allCases)
  func aLayoutSaysHowAAndBAreStored(layout: OperandLayout) {
    var generator = SplitMix64(seed: 21)
    let (m, k, n) = (13, 29, 41)
    let a = (0..<m * k).map { _ in Float.random(in: -1...1, using: &generator) }
    let b = (0..<k * n).map { _ in Float.random(in: -1...1, using: &generator) }
    func turned(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
      (0..<rows * columns).map { matrix[$0 % rows * columns + $0 / rows] }
    }
    var c = Array(repeating: Float.nan, count: m * n)
    OpenBLAS.sgemm(
      m: m, k: k, n: n, layout: layout, a: layout.transposesA ? turned(a, rows: m, columns: k) : a,
      b: layout.transposesB ? turned(b, rows: k, columns: n) : b, c: &c)
    for (value, expected) in zip(c, Self.naive(m, k, n, a, b)) { #expect(abs(Double(value) - expected) < 1e-4) }
  }

  @Test func copyAndAxpyMoveTheirElements() {
    let x: [Float] = [1, 2, 3, 4]
    var y: [Float] = [10, 20, 30, 40]
    OpenBLAS.saxpy(count: 3, alpha: 2, x: x, y: &y)
    #expect(y == [12, 24, 36, 40])
    OpenBLAS.scopy(count: 3, x: x, y: &y)
    #expect(y == [1, 2, 3, 40])
  }

  @Test func theBuildDescribesItself() {
    let build = OpenBLASBuild.current
    #expect(build.configuration.contains(build.version))
    #expect(build.threads >= 1)
    #expect(!build.kernel.isEmpty)
  }
}
