import ForeignTables
import GEMMTiming
import Testing

@Suite struct CUTLASSProfilerTests {
  static let header =
    "Problem,Provider,OperationKind,Operation,Disposition,Status,gemm_kind,m,n,k,A,B,C,D,alpha,beta,split_k_mode,"
    + "split_k_slices,batch_count,raster_order,op_class,accum,cta_m,cta_n,cta_k,cluster_m,cluster_n,cluster_k,stages,"
    + "warps_m,warps_n,warps_k,inst_m,inst_n,inst_k,min_cc,max_cc,Bytes,Flops,Flops/Byte,Runtime,GB/s,GFLOPs"

  /// A row whose figures agree: `Flops` as the profiler counts them, `GFLOPs` from it and the time.
  static func row(
    _ m: Int, _ n: Int, _ k: Int, batch: Int = 1, ms: Double, a: String = "f16:column", b: String = "f16:row",
    operation: String = "cutlass_tensorop_f16_s16816gemm_f16_256x128_32x3_nt_align8", opClass: String = "tensorop",
    outcome: String = "passed,success", kind: String = "gemm", variant: String = "universal"
  ) -> String {
    let flops = 2 * batch * (m * n * k + m * n)
    return "1,CUTLASS,\(kind),\(operation),\(outcome),\(variant),\(m),\(n),\(k),\(a),\(b),f16:column,f16:column,"
      + "1,0,serial,1,\(batch),heuristic,\(opClass),f32,256,128,32,1,1,1,3,4,2,1,16,8,16,80,1024,1000,\(flops),1638,\(ms),95.5,"
      + "\(Double(flops) * 1e-6 / ms)"
  }

  @Test func extentsAreReadByName() throws {
    let text = [Self.header, Self.row(4352, 640, 4096, batch: 3, ms: 0.25)].joined(separator: "\n")
    let row = try #require(try Imported.gemms(text).first)
    #expect(row.shape == (try GEMMShape(m: 4352, k: 4096, n: 640, batch: 3)))
    #expect(row.dtype == .fp16 && isClose(row.seconds, 0.25e-3) && row.device == "gpu")
    #expect(row.other["layout"] == "column-row" && row.other["library"] == "CUTLASS")
    #expect(row.other["kernel"]?.hasPrefix("cutlass_tensorop") == true)
  }

  @Test func swappedExtentsOfTheSameProductKeepTheirPlace() throws {
    // m·n·k alone cannot tell them apart; the header can.
    let swapped = Self.header.components(splitBy: "m,n,k,A").joined(separator: "k,m,n,A")
    let row = try #require(try Imported.gemms(swapped + "\n" + Self.row(512, 64, 512, ms: 0.1)).first)
    #expect(row.shape == (try GEMMShape(m: 64, k: 512, n: 512)))
  }

  @Test func theFastestKernelOfEachGEMMIsKept() throws {
    let rows = [
      Self.row(64, 64, 64, ms: 0.3), Self.row(64, 64, 64, ms: 0.2), Self.row(64, 64, 128, ms: 0.9),
      Self.row(64, 64, 64, ms: 0.4, b: "f16:column"), Self.row(64, 64, 64, ms: 0.25),
    ]
    let text = ([Self.header] + rows).joined(separator: "\n")
    let kept = try Imported.gemms(text)
    #expect(kept.map(\.shape.k) == [64, 128, 64])
    #expect(zip(kept, [0.2e-3, 0.9e-3, 0.4e-3]).allSatisfy { isClose($0.seconds, $1) })
    #expect(try Imported.leftOut(text).first?.hasPrefix("2 rows left out: another kernel is faster") == true)
    #expect(try Imported.gemms(text, ImportOptions(device: "g", takesEveryKernel: true)).count == 5)
  }

  @Test func aLogHoldsTheTableToo() throws {
    let text = """
      =============================
        Problem ID: 1

              Provider: CUTLASS
               Runtime: 0.3  ms

      =============================

      CSV Results:

      \(Self.header)
      \(Self.row(64, 32, 16, ms: 0.3))
      """
    #expect(try Imported.gemms(text).map(\.shape) == [try GEMMShape(m: 64, k: 16, n: 32)])
  }

  @Test(arguments: [
    ("tf32:column", "tf32:row", "tensorop", "cutlass_tensorop_s1688tf32gemm", DataType.tf32),
    ("f32:column", "f32:row", "tensorop", "cutlass_tensorop_s1688tf32gemm_256x128", .tf32),
    ("f32:column", "f32:row", "simt", "cutlass_simt_sgemm_128x128_8x2_nn_align1", .fp32),
    ("bf16:row", "bf16:column", "tensorop", "x", .bf16),
    ("fe4m3:row", "fe5m2:column", "tensorop", "x", .fp8),
    ("s8:row", "s8:column", "tensorop", "x", .int8),
  ])
  func theTypeIsTheOneMultiplied(a: String, b: String, opClass: String, operation: String, dtype: DataType) throws {
    let text = Self.header + "\n" + Self.row(64, 32, 16, ms: 0.3, a: a, b: b, operation: operation, opClass: opClass)
    #expect(try Imported.gemms(text).map(\.dtype) == [dtype])
  }

  @Test(arguments: [
    (row(8, 8, 8, ms: 1, outcome: "not_supported,not_supported"), "the status is not_supported"),
    (row(8, 8, 8, ms: 1, outcome: "incorrect,success"), "the disposition is incorrect"),
    (row(8, 8, 8, ms: 1, kind: "conv2d"), "the operation is conv2d, not gemm"),
    (row(8, 8, 8, ms: 1, variant: "spgemm"), "the gemm_kind is spgemm, not a plain or batched GEMM"),
    (row(8, 8, 8, ms: 1, a: "f64:row", b: "f64:row"), "f64 has no counterpart here"),
    (row(8, 8, 8, ms: 1, a: "f16:row", b: "s8:row"), "A and B have different types"),
    (
      row(8, 8, 8, ms: 1, a: "f32:row", b: "f32:row", operation: "cutlass_tensorop_s1688bf16gemm"),
      "fp32 operands are multiplied in another type than tf32"
    ),
  ])
  func whatMeasuredSomethingElseIsLeftOut(row: String, reason: String) throws {
    let text = [Self.header, Self.row(64, 32, 16, ms: 0.3), row].joined(separator: "\n")
    #expect(try Imported.leftOut(text) == ["1 row left out: \(reason) (first in line 3)"])
    #expect(Imported.failure(Self.header + "\n" + row).hasPrefix("f: has no row that can be imported; 1 row left out"))
  }

  @Test func anUnknownColumnNeedsTheUsersWord() throws {
    let place = Self.header.count + 2
    let text = "\(Self.header),tag\n\(Self.row(64, 32, 16, ms: 0.3)),x"
    #expect(Imported.failure(text).hasPrefix("f:1:\(place): column tag is not known; if it does not change"))
  }

  @Test func columnsOfTagsAreCarriedAlong() throws {
    let row = Self.row(64, 32, 16, ms: 0.3)
    let text = "tag,device,\(Self.header)\nx,,\(row)\n"
    let imported = try #require(try Imported.gemms(text).first)
    #expect(imported.other["tag_tag"] == "x" && imported.other["tag_device"] == nil && imported.device == "gpu")
  }

  @Test(arguments: [
    ("A", "f12:row", "A is f12; one of f32, tf32"),
    ("m", "0", "m is 0; a whole number from 1 to 1099511627776 is expected"),
    ("n", "99999999999999999999", "n is 99999999999999999999"),
    ("batch_count", "", "batch_count is empty"),
    // Seconds instead of milliseconds, another k: the figures contradict each other.
    ("Runtime", "0.0003", "Runtime does not fit the row's other figures, which give 0.3"),
    ("k", "8", "Flops does not fit the row's other figures"),
    ("Runtime", "inf", "Runtime is inf; a number above 0 is expected"),
  ])
  func aWrongFieldIsPointedAt(column: String, value: String, message: String) throws {
    let header = Self.header.components(splitBy: ",")
    let index = try #require(header.firstIndex(of: column))
    var fields = Self.row(64, 32, 16, ms: 0.3).components(splitBy: ",")
    fields[index] = value
    let failure = Imported.failure(Self.header + "\n" + fields.joined(separator: ","))
    let blamed = message.hasPrefix("Flops") ? header.firstIndex(of: "Flops") ?? 0 : index
    let place = 1 + fields[..<blamed].reduce(0) { $0 + $1.count + 1 }
    #expect(failure.hasPrefix("f:2:\(place): \(message)"), "\(failure)")
  }

  @Test func aRaggedRowIsAnError() {
    let header = Self.header.components(splitBy: ",").count
    let ragged = Self.row(64, 32, 16, ms: 0.3) + ",1"
    #expect(
      Imported.failure(Self.header + "\n" + ragged)
        == "f:2: the row has \(header + 1) fields; the header above it has \(header)")
    #expect(Imported.failure(Self.header + "\nwhat is this").hasPrefix("f:2: the line is no row of the table"))
  }
}
