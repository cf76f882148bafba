import GEMMTiming
import SeededRandom
import Testing

@Suite struct GEMMShapeTests {
  @Test(arguments: ["m", "k", "n", "batch"])
  func extentsOutsideTheLegalRangeAreNamed(dimension: String) {
    for value in [0, -1, Int.min, GEMMShape.maximumExtent + 1, Int.max] {
      func extent(_ name: String) -> Int { name == dimension ? value : 3 }
      #expect(throws: ShapeError(dimension: dimension, value: value)) {
        try GEMMShape(m: extent("m"), k: extent("k"), n: extent("n"), batch: extent("batch"))
      }
    }
  }

  @Test func theLimitsThemselvesAreLegal() throws {
    let limit = GEMMShape.maximumExtent
    let largest = try GEMMShape(m: limit, k: limit, n: limit, batch: limit)
    #expect(largest.flops.isFinite && largest.elements.isFinite)
    // 2·2⁴⁰·2⁴⁰·2⁴⁰·2⁴⁰ = 2¹⁶¹, 2⁴⁰·3·2⁸⁰: powers of two are exact.
    #expect(largest.flops == Double(sign: .plus, exponent: 161, significand: 1))
    #expect(largest.elements == 3 * Double(sign: .plus, exponent: 120, significand: 1))
    #expect(try GEMMShape(m: 1, k: 1, n: 1).flops == 2)
  }

  /// flops against a count of multiply-adds in the naive product, elements against the sizes of its operands.
  @Test(arguments: 0..<20)
  func derivedSizesAreThoseOfTheNaiveProduct(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func extent() -> Int { Int.random(in: 1...6, using: &random) }
    let shape = try GEMMShape(m: extent(), k: extent(), n: extent(), batch: extent())
    var (operations, elements) = (0, 0)
    for _ in 0..<shape.batch {
      elements += Array(repeating: 0, count: shape.m * shape.k).count
      elements += Array(repeating: 0, count: shape.k * shape.n).count
      elements += Array(repeating: 0, count: shape.m * shape.n).count
      for _ in 0..<shape.m { for _ in 0..<shape.n { for _ in 0..<shape.k { operations += 2 } } }
    }
    #expect(shape.flops == Double(operations))
    #expect(shape.elements == Double(elements))
    for dtype in DataType.allCases {
      #expect(shape.bytes(dtype) == Double(elements * dtype.size))
      #expect(shape.arithmeticIntensity(dtype) == Double(operations) / Double(elements * dtype.size))
    }
  }

  @Test func theTextIsInTheOrderMKN() throws {
    #expect(try GEMMShape(m: 10_240_000, k: 1024, n: 4096).description == "(10240000,1024,4096)")
    #expect(try GEMMShape(m: 10000, k: 512, n: 10000, batch: 2048).description == "(10000,512,10000)×2048")
  }

  @Test func anErrorSaysWhatWouldBeRight() {
    #expect(
      ShapeError(dimension: "k", value: 0).description == "k is 0; a whole number from 1 to 1099511627776 is expected")
  }
}
