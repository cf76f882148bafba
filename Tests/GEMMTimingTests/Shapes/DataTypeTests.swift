import GEMMTiming
import Testing

@Suite struct DataTypeTests {
  @Test(arguments: DataType.allCases)
  func everyTypeIsReadFromItsOwnNameInAnyCase(dtype: DataType) {
    #expect(DataType(name: dtype.rawValue) == dtype)
    #expect(DataType(name: dtype.rawValue.uppercased()) == dtype)
    #expect(DataType.list.contains(dtype.rawValue))
  }

  @Test func otherToolsSpellingsAreRead() {
    let spellings: [(String, DataType)] = [
      ("float32", .fp32), ("float", .fp32), ("F32", .fp32), ("TensorFloat32", .tf32), ("float16", .fp16),
      ("half", .fp16), ("bfloat16", .bf16), ("e4m3", .fp8), ("float8_e4m3fn", .fp8), ("s8", .int8), ("i8", .int8),
      ("double", .fp64), ("float64", .fp64), ("F64", .fp64),
    ]
    for (name, dtype) in spellings { #expect(DataType(name: name) == dtype, "\(name)") }
  }

  @Test(arguments: ["", "fp", "fp65", "doubled", "int32", "bf-16", " fp32", "fp4"])
  func whatIsNotKnownIsNotGuessed(name: String) { #expect(DataType(name: name) == nil) }

  @Test func sizesAreThoseInMemory() {
    #expect(DataType.allCases.map(\.size) == [4, 4, 2, 2, 1, 1, 8])
  }
}
