import Testing

@testable import HostCalibration

/// Which kernel a trial keeps.
struct KernelChooserTests {
  private func chosen(_ rates: [Double]) -> Int { KernelChooser.chosen(rates.map { ($0, 1.02 * $0) }) }

  @Test func theLibrarysChoiceStaysUnlessAnotherIsClearlyFaster() {
    #expect(chosen([100, 107, 50]) == 0)
    #expect(chosen([100, 109, 50]) == 1)
    #expect(chosen([100]) == 0)
    #expect(KernelChooser.chosen([]) == 0)
  }

  @Test func kernelsThatAreAlikeGiveTheSameChoiceWhicheverIsAhead() {
    #expect(chosen([27, 57, 51, 100.5, 99.9]) == 4)
    #expect(chosen([27, 57, 51, 98.8, 99.3]) == 4)
    #expect(chosen([27, 57, 51, 104, 99]) == 3)
  }

  @Test func medianAndFastestMustAgree() {
    #expect(KernelChooser.chosen([(100, 200), (150, 201)]) == 0)
  }
}
