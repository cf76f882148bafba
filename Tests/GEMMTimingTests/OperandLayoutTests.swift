import DataFiles
import GEMMTiming
import Testing

@Suite struct OperandLayoutTests {
  @Test func rolesOfAStepDecideTheLayout() {
    #expect(ProductRole.weight.layout(.outIn) == .nt && ProductRole.weight.layout(.inOut) == .nn)
    #expect(ProductRole.inputGradient.layout(.outIn) == .nn && ProductRole.inputGradient.layout(.inOut) == .nt)
    #expect(ProductRole.allCases.filter(\.readsStoredOperand) == [.weight, .inputGradient, .cachedKeys, .cachedValues])
    for layout in OperandLayout.allCases {
      #expect(OperandLayout(transposesA: layout.transposesA, transposesB: layout.transposesB) == layout)
    }
    #expect(OperandLayout.tn.formula == "Aᵀ·B" && OperandLayout.nt.formula == "A·Bᵀ")
  }

  @Test func aTableSaysHowOperandsLieWhereSomeLieOtherwise() throws {
    let shape = try GEMMShape(m: 1, k: 2, n: 3)
    func row(_ layout: OperandLayout) -> TimingRow {
      TimingRow(device: "a", dtype: .fp32, shape: shape, seconds: 1e-6, cache: .sequence, layout: layout)
    }
    let table = TimingTable(rows: [row(.nn), row(.nt), row(.tn)])
    let text = table.csv()
    #expect(text.contains(",trans_a,trans_b\n") && text.contains("sequence,0,0\n") && text.contains("sequence,0,1\n"))
    #expect(try TimingTable(CSVDocument(text: text, file: "t.csv")) == table)
    #expect(!TimingTable(rows: [row(.nn)]).csv().contains("trans"))
  }

  @Test func aFlagIsZeroOrOne() throws {
    let text = "device,dtype,m,k,n,batch,time_us,trans_b\na,fp32,1,1,1,1,1,yes\n"
    let error = #expect(throws: FileError.self) { try TimingTable(CSVDocument(text: text, file: "t.csv")) }
    #expect(error?.description.hasPrefix("t.csv:2:18: trans_b is yes") == true, "\(String(describing: error))")
  }
}
