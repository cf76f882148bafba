import Testing

@testable import Reporting

@Suite struct PlotScaleTests {
  @Test func endsAreMappedAndOutsideIsHeldIn() {
    let even = PlotScale.linear(2...4, pixels: (100, 0))
    #expect(even(2) == 100 && even(4) == 0 && even(3) == 50 && even(9) == 0)
    let logarithmic = PlotScale.logarithmic(1...1000, pixels: (0, 300))
    #expect(abs(logarithmic(10) - 100) < 1e-9 && abs(logarithmic(100) - 200) < 1e-9)
    #expect(logarithmic(0) == 0)
  }

  @Test func ticksAreRoundAndInside() {
    let even = PlotScale.linear(to: 95, pixels: (0, 1)).ticks()
    #expect(even == [0, 20, 40, 60, 80])
    #expect(PlotScale.logarithmic(3...40, pixels: (0, 1)).ticks() == [5, 10, 20])
    #expect(PlotScale.logarithmic(3...40_000, pixels: (0, 1)).ticks() == [10, 100, 1000, 10_000])
  }

  @Test func emptyDomainsHaveAPlace() {
    #expect(PlotScale.linear(to: 0, pixels: (0, 10))(0) == 0)
    #expect(PlotScale.linear(3...3, pixels: (0, 10))(3) == 0)
    #expect(PlotScale.logarithmic(5...5, pixels: (0, 10))(5) == 0)
  }
}
