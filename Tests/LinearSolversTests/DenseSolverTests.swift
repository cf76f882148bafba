import LinearSolvers
import Testing

@Suite struct SolverErrorTests {
  @Test func eachErrorIsOneLine() {
    #expect(SolverError.shapeMismatch("2 rows for 3 unknowns").description.hasSuffix(": 2 rows for 3 unknowns"))
    for error: SolverError in [.shapeMismatch("x"), .singular, .notPositiveDefinite, .notFinite] {
      #expect(!error.description.isEmpty && !error.description.contains("\n"))
    }
  }
}
