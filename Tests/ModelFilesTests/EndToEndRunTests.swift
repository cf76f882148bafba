import DataFiles
import GEMMTiming
import Testing

@testable import ModelFiles
@testable import TransformerModels

@Suite struct EndToEndRunTests {
  private static let header = EndToEndRun.requiredColumns.joined(separator: ",")
  private static let rows = [
    "new,a100,bfloat16,6144,48,64,2048,8,1,1,4,4,1,0,51200,full,1.42",
    "new,a100,bfloat16,6144,48,64,2048,8,1,1,4,4,1,1,51200,selective,1.1",
    "old,a100,bfloat16,2048,20,16,1024,4,2,1,2,8,1,0,50257,full,0.16",
    "old,a100,fp16,12288,96,96,2048,8,8,1,1,64,3,0,51200,full,18.13",
  ]

  private func read(_ rows: [String]) throws -> [EndToEndRun] {
    try EndToEndRun.read(
      CSVDocument(text: ([Self.header] + rows).joined(separator: "\n") + "\n", file: "runs.csv"))
  }

  @Test func rowsBecomePlans() throws {
    let runs = try read(Self.rows)
    #expect(runs.count == 4 && runs[0].seconds == 1.42)
    #expect(runs[2].plan.microBatches == 4 && runs[2].plan.tp == 4 && runs[2].plan.pp == 2)
    #expect(runs[3].options.schedule == .interleaved(chunks: 3) && runs[3].plan.dtype == .fp16)
    #expect(runs[1].options.sequenceParallel && runs[1].options.recomputation == .selective)
    #expect(runs[2].model.ffn == 8192 && runs[2].model.vocabulary == 50257)
  }

  @Test func sequenceParallelismTellsTheSoftwareOfASource() throws {
    let runs = try read(Self.rows)
    #expect(
      runs.map(\.framework) == [.megatronLM, .megatronLM, .megatronDeepSpeed, .megatronDeepSpeed])
    #expect(runs.map { $0.options.overlapped.isEmpty } == [false, false, true, true])
    #expect(runs.map(\.options.gradientExchange) == [.fp32, .fp32, .weights, .weights])
  }

  @Test func aColumnNamesTheFramework() throws {
    func read(_ name: String) throws -> [EndToEndRun] {
      let text = Self.header + ",framework\n" + Self.rows[0] + ",\(name)\n" + Self.rows[2] + ",\n"
      return try EndToEndRun.read(CSVDocument(text: text, file: "runs.csv"))
    }
    #expect(try read("megatron-lm").map(\.framework) == [.megatronLM, .megatronDeepSpeed])
    do {
      _ = try read("caffe")
      Issue.record("read without an error")
    } catch let error as FileError {
      #expect(error.line == 2 && error.description.contains("megatron-lm, megatron-deepspeed"))
    }
  }

  @Test(arguments: [
    (0, "bfloat16", "float77", "dtype is float77"), (0, "full", "some", "recompute is some"),
    (2, "2048", "0", "hidden is 0"), (2, "2048", "99999999999999999999", "hidden is 9999"),
    (2, ",0.16", ",-1", "time_s is -1"), (2, ",2,8,1,", ",3,8,1,", "global_batch is 8"),
    (1, ",1,51200", ",2,51200", "sequence_parallel is 2"), (2, ",16,1024,4,", ",16,1024,3,", "tp is 3"),
    (3, ",8,8,1,1,64,3", ",8,8,1,1,63,3", "micro-batches in rounds"),
  ])
  func errorsPointAtTheRow(row: Int, part: String, replacement: String, words: String) throws {
    var rows = Self.rows
    rows[row] = rows[row].split(separator: part, maxSplits: 1, omittingEmptySubsequences: false).joined(
      separator: replacement)
    do {
      _ = try read(rows)
      Issue.record("read without an error")
    } catch let error as FileError {
      #expect(error.line == row + 2)
      #expect(error.description.contains(words), "\(error)")
    }
  }

  @Test func missingColumnIsNamed() throws {
    let document = try CSVDocument(text: "source,device\na,b\n", file: "runs.csv")
    #expect(!EndToEndRun.describes(document))
    #expect(throws: FileError.self) { try EndToEndRun.read(document) }
  }
}
