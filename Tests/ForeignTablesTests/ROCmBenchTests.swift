import ForeignTables
import GEMMTiming
import Testing

@Suite struct ROCmBenchTests {
  static let rocblas = """
    rocBLAS info: maximum library size per device is 0.61866 GB.

    transA,transB,M,N,K,alpha,lda,beta,ldb,ldc,rocblas-Gflops,us

    N,T,4000,500,2000,1,4000,0,500,4000, 80000, 100
    transA,transB,M,N,K,alpha,lda,stride_a,ldb,stride_b,beta,ldc,stride_c,ldd,stride_d,batch_count,rocblas-Gflops,us
    T,N,100,300,200,1,200,1,200,1,0,100,1,100,1,7,8400,10
    """

  static let lt = """
    hipBLASLt version: 1500
    Device ID 0 :  gfx942:sramecc+:xnack-

    Is supported 1 / Total solutions: 1
    [0]:transA,transB,grouped_gemm,batch_count,m,n,k,alpha,lda,stride_a,beta,ldb,stride_b,ldc,stride_c,ldd,stride_d,a_type,b_type,c_type,d_type,compute_type,scaleA,scaleB,scaleC,scaleD,amaxD,activation_type,bias_vector,bias_type,aux_type,hipblaslt-Gflops,hipblaslt-GB/s,us
        N,N,0,2,3584,512,2048,1,3584,7340032,0,2048,1048576,3584,1835008,3584,1835008,bf16_r,bf16_r,bf16_r,bf16_r,f32_r,0,0,0,0,0,none,0,bf16_r,bf16_r,150323.8,819.066,100
        --Solution index: 300119
    """

  @Test func rocblasTablesOfSeveralShapesOfHeaderAreRead() throws {
    let rows = try Imported.gemms(Self.rocblas, ImportOptions(device: "mi300x", dtype: .fp32))
    #expect(
      rows.map(\.shape) == [
        try GEMMShape(m: 4000, k: 2000, n: 500), try GEMMShape(m: 100, k: 200, n: 300, batch: 7),
      ])
    #expect(isClose(rows[0].seconds, 100e-6) && isClose(rows[1].seconds, 10e-6))
    #expect(rows.map { $0.other["layout"] } == ["nt", "tn"] && rows[0].other["library"] == "rocblas")
  }

  @Test func aTableWithoutTypesNeedsOne() {
    #expect(
      Imported.failure(Self.rocblas)
        == "f:5: the table does not name the element type; give --dtype, one of \(DataType.list)")
  }

  @Test func hipblasltSaysItsTypes() throws {
    let row = try #require(try Imported.gemms(Self.lt).first)
    #expect(row.shape == (try GEMMShape(m: 3584, k: 2048, n: 512, batch: 2)) && row.dtype == .bf16)
    #expect(isClose(row.seconds, 100e-6) && row.other["compute_type"] == "f32_r")
  }

  @Test(arguments: [
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "f32_r,f32_r,f32_r,f32_r,xf32_r", DataType.tf32),
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "f32_r,f32_r,f32_r,f32_r,f32_r", .fp32),
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "f8_r,bf8_r,f16_r,f16_r,f32_r", .fp8),
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "i8_r,i8_r,i32_r,i32_r,i32_r", .int8),
  ])
  func theTypeIsTheOneMultiplied(right: String, other: String, dtype: DataType) throws {
    #expect(try Imported.gemms(Self.lt.components(splitBy: right).joined(separator: other)).map(\.dtype) == [dtype])
  }

  @Test(arguments: [
    ("N,N,0,2", "N,N,1,2", "it is a grouped GEMM"),
    (",none,", ",gelu,", "the activation gelu is fused into it"),
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "f64_r,f64_r,f64_r,f64_r,f64_r", "f64_r has no counterpart here"),
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "f16_r,f8_r,f16_r,f16_r,f32_r", "A and B have different types"),
    (
      "bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "f32_r,f32_r,f32_r,f32_r,f32_bf16_r",
      "fp32 operands are multiplied as f32_bf16_r"
    ),
  ])
  func whatMeasuredSomethingElseIsLeftOut(right: String, other: String, reason: String) {
    let failure = Imported.failure(Self.lt.components(splitBy: right).joined(separator: other))
    #expect(failure.hasPrefix("f: has no row that can be imported; 1 row left out: \(reason)"), "\(failure)")
  }

  @Test(arguments: [
    // The figures give 100 µs: 2·3584·512·2048·2 / 150323.8 GFLOP/s.
    (",819.066,100", ",819.066,0.1", "f:6:165: us does not fit the row's other figures, which give 10"),
    ("3584,512,2048", "3584,512,2049.5", "f:6:22: k is 2049.5; a whole number"),
    ("0,2,3584,512,2048", "0,4,3584,512,2048", "us does not fit the row's other figures"),
    ("bf16_r,bf16_r,bf16_r,bf16_r,f32_r", "bf17_r,bf16_r,bf16_r,bf16_r,f32_r", "a_type is bf17_r; one of f32_r, f16_r"),
    ("scaleA,", "scaleQ,", "f:5:154: column scaleQ is not known"),
    ("N,N,0,2,", "N,N,0,2,1,", "f:6: the row has 35 fields; the header above it has 34"),
  ])
  func whatIsNotKnownIsAnErrorAtItsPlace(_ right: String, _ wrong: String, _ message: String) {
    let failure = Imported.failure(Self.lt.components(splitBy: right).joined(separator: wrong))
    #expect(failure.hasPrefix(message) || failure.contains(": " + message), "\(failure)")
  }
}
