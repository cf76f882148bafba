import Testing

@Suite struct MalformedArgumentsTests {
  /// One line with what is wrong and what would be right, of every command.
  @Test(arguments: [
    ("topology --format tex", "'tex'", "'text', 'markdown' or 'json'"),
    ("calibrate --preset slow", "'slow'", "'quick', 'standard' or 'thorough'"),
    ("calibrate --threads 0", "'0'", "numbers of threads"),
    ("merge", "'<table> ...'", "the tables to join"),
    ("fit host.csv --folds x", "'x'", "--folds <number>"),
    ("time --m 1 --k 1", "--n", "--shapes FILE"),
    ("time --m 1 --k 1 --n 1 --dtype fp3", "'fp3'", "fp32, tf32, fp16"),
    ("table --stage-layers 10,x", "'10,x'", "10,11,11,10"),
    ("estimate --what-if mlp1:0.8", "'mlp1:0.8'", "op=mlp1:0.8"),
    ("estimate --what-if op=mlp1:nan", "'op=mlp1:nan'", "op=mlp1:0.8"),
    ("estimate --straggler stage=2", "'stage=2'", "stage1=1.2"),
    ("estimate --bucket-size 25XB", "'25XB'", "25MB"),
    ("estimate --tp eight", "'eight'", "--tp <number>"),
    ("estimate --tp", "--tp", "<number>"),
    ("estimate --micro-batch 4", "'--micro-batch'", "'--micro-batches'"),
    ("validate measured.csv --max-mape ten", "'ten'", "--max-mape <percent>"),
    ("import all.txt --from nccl", "'nccl'", "nccl-tests, nccl-tests-json"),
    ("time --m 0x10 --k 1 --n 1", "0x10", "decimal number"), ("time --m 1 --k +5 --n 1", "+5", "decimal number"),
    ("calibrate --budget 0x1p4", "0x1p4", "decimal number"), ("calibrate --budget=inf", "inf", "decimal number"),
    ("sweeep", "'sweeep'", "gemmcast --help"),
  ])
  func areOneLineAnd64(command: String, wrong: String, right: String) throws {
    let result = try BuiltCommand.run(command.split(separator: " ").map(String.init))
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.diagnostics.hasPrefix("gemmcast: error: ") && result.diagnostics.hasSuffix("\n"))
    #expect(result.diagnostics.split(separator: "\n").count == 1)
    #expect(result.diagnostics.contains(wrong), "\(result.diagnostics)")
    #expect(result.diagnostics.lowercased().contains(right.lowercased()), "\(result.diagnostics)")
  }

  @Test(arguments: ["--version", "--help", "estimate --help", "help time", "calibrate --version"])
  func requestsAreAnsweredOnStandardOutput(command: String) throws {
    let result = try BuiltCommand.run(command.split(separator: " ").map(String.init))
    #expect(result.status == 0 && result.diagnostics.isEmpty && !result.output.isEmpty)
  }
}
