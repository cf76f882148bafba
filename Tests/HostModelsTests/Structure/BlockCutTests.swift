import Testing

@testable import HostModels

/// How products are cut: panels must cover the extents, whatever those are.
@Suite struct BlockCutTests {
  private static let small = BlockGeometry(
    rowPanels: BlockGeometry.stripRows, columnPanels: BlockGeometry.wholeVectors, depth: 256, rest: .innerProducts)

  @Test func smallProductsAreCutAsTheKernelCutsThem() {
    // 100 columns: 64, 32, none of 16, and 4 as inner products from a depth of 32 on, else one masked vector.
    let deep = BlockCut(m: 11, k: 32, n: 100, geometry: Self.small)
    #expect(deep.columns == [1, 1, 0, 0])
    #expect(deep.innerColumns == 4)
    #expect(deep.wideRows == [2, 1, 1])
    #expect(deep.rows == [1, 2, 1])
    #expect(deep.rows(besideWidth: 0) == deep.wideRows && deep.rows(besideWidth: 2) == deep.rows)
    let shallow = BlockCut(m: 11, k: 31, n: 100, geometry: Self.small)
    #expect(shallow.columns == [1, 1, 0, 1])
    #expect(shallow.innerColumns == 0)
    // Nine columns are more than half a vector.
    #expect(BlockCut(m: 1, k: 100, n: 25, geometry: Self.small).columns == [0, 0, 1, 1])
  }

  @Test func panelsCoverTheExtents() {
    for m in 1...70 {
      for n in 1...140 {
        let cut = BlockCut(m: Double(m), k: 40, n: Double(n), geometry: Self.small)
        let rows = zip(cut.rows, BlockGeometry.stripRows).reduce(0) { $0 + Int($1.0) * $1.1 }
        let wide = zip(cut.wideRows, BlockGeometry.wideStripRows).reduce(0) { $0 + Int($1.0) * $1.1 }
        let columns = zip(cut.columns, [64, 32, 16]).reduce(0) { $0 + Int($1.0) * $1.1 }
        #expect(rows == m && wide == m)
        let rest = n - columns
        #expect(cut.columns[3] == 1 ? rest > 8 && rest < 16 : rest == Int(cut.innerColumns))
      }
    }
  }

  @Test func rowsAreAlignedAsOftenAsTheirLengthSays() {
    for columns in 1...64 {
      let aligned = (0..<16).count { $0 * columns % 16 == 0 }
      #expect(CodePath.alignment(Double(columns)) == Double(aligned) / 16)
    }
  }
}
