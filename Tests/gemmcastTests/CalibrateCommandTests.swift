import DataFiles
import Foundation
import GEMMTiming
import SeededRandom
import Testing

@Suite(.serialized) struct CalibrateCommandTests {
  let folder: TemporaryFolder
  let shapes: String

  init() throws {
    folder = try TemporaryFolder()
    shapes = try folder.file("shapes.csv", "m,k,n\n5,7,11\n64,32,16\n1,100,9\n")
  }

  private var table: String { folder.url("table.csv").path }

  private func calibrate(_ arguments: [String], environment: [String: String] = [:]) throws -> BuiltCommand.Result {
    try BuiltCommand.run(["calibrate", "--preset", "quick"] + arguments, environment: environment)
  }

  @Test func aTinyPlanGivesATable() throws {
    let result = try calibrate(["--shapes", shapes, "--threads", "1", "--core-type", "inherit", "--output", table])
    #expect(result.status == 0, "\(result.diagnostics)")
    #expect(result.output == table + "\n")
    let rows = try TimingTable(contentsOf: table)
    #expect(Set(rows.rows.map { "\($0.shape)" }) == ["(5,7,11)", "(64,32,16)", "(1,100,9)"])
    for column in [
      "library", "kernel", "cpu", "timestamp", "run", "pinned", "raw_us", "canary_ratio", "steal_us", "switches",
    ] {
      #expect(rows.otherColumns.contains(column))
    }
    #expect(rows.rows.allSatisfy { $0.threads == 1 && $0.cache == .hot && ($0.low ?? 0) <= $0.seconds })
    // Nothing on a pipe but lines.
    #expect(!result.diagnostics.contains("\r"))
  }

  @Test func shapesAreMeasuredWhereTheFileHasTheirOperands() throws {
    let placed = try folder.file(
      "placed.csv", "m,k,n,cache,trans_a,trans_b\n4,64,128,sequence,0,1\n4,64,128,hot,0,1\n64,8,32,,1,0\n5,6,7,cold,,\n"
    )
    let result = try calibrate(["--shapes", placed, "--threads", "1", "--core-type", "inherit", "--output", table])
    #expect(result.status == 0, "\(result.diagnostics)")
    let found = try TimingTable(contentsOf: table).rows.map { MeasuredGroup($0).operands }
    #expect(found.sorted() == ["cold, A·B", "hot, A·Bᵀ", "hot, Aᵀ·B", "sequence, A·Bᵀ"])
    #expect(try ShapeList(contentsOf: table).items.compactMap(\.cache).count == 4)
    let model = try calibrate(["--shapes", placed, "--model", "gpt2", "--output", table])
    #expect(model.status == 64 && model.diagnostics.contains("--model would add to it"))
  }

  @Test func aTableIsKeptUnlessToldOtherwiseAndResumedToTheSameShapes() throws {
    let arguments = ["--threads", "1", "--core-type", "inherit", "--output", table]
    let first = try folder.file("first.csv", "m,k,n\n5,7,11\n")
    #expect(try calibrate(arguments + ["--shapes", first]).status == 0)
    let refused = try calibrate(arguments + ["--shapes", shapes])
    #expect(refused.status == 73)
    #expect(refused.diagnostics.contains("exists already"))
    #expect(try TimingTable(contentsOf: table).rows.count == 1)
    #expect(try calibrate(arguments + ["--shapes", shapes, "--resume"]).status == 0)
    #expect(try TimingTable(contentsOf: table).rows.count == 3)
    #expect(try calibrate(arguments + ["--shapes", first, "--fresh"]).status == 0)
    #expect(try TimingTable(contentsOf: table).rows.count == 1)
  }

  @Test func anInheritedKernelIsSetAsideAndNamed() throws {
    let result = try calibrate(
      ["--shapes", shapes, "--threads", "1", "--output", "-"], environment: ["OPENBLAS_CORETYPE": "Prescott"])
    #expect(result.status == 0, "\(result.diagnostics)")
    #expect(result.diagnostics.contains("OPENBLAS_CORETYPE=Prescott is inherited and set aside here"))
    let rows = try TimingTable(CSVDocument(text: result.output, file: "-")).rows
    #expect(rows.allSatisfy { $0.other["kernel"] != "Prescott" })
  }

  @Test func aRunKilledAgainAndAgainEndsWithTheSameShapes() throws {
    var generator = SplitMix64(seed: 11)
    var shapes: Set<GEMMShape> = []
    while shapes.count < 60 {
      func extent() -> Int { Int.random(in: 1...200, using: &generator) }
      shapes.insert(try GEMMShape(m: extent(), k: extent(), n: extent()))
    }
    let list = try folder.file(
      "many.csv", "m,k,n\n" + shapes.map { "\($0.m),\($0.k),\($0.n)\n" }.sorted().joined())
    // However slow the machine that runs the tests, no run here is out of time.
    let arguments = [
      "--shapes", list, "--threads", "1", "--core-type", "inherit", "--budget", "1000", "--output", table,
    ]
    // Before the first shape, among them, and in the later passes.
    let moments = [0, 1] + (0..<4).map { _ in Int.random(in: 2...60, using: &generator) }.sorted() + [60]
    for rows in moments {
      try killCalibration(arguments + ["--resume"], whenRowsAre: rows)
      guard FileManager.default.fileExists(atPath: table) else {
        #expect(rows == 0)
        continue
      }
      let found = try TimingTable(contentsOf: table).rows.map(\.shape)
      #expect(found.count >= rows && Set(found).count == found.count && shapes.isSuperset(of: found))
    }
    #expect(try calibrate(arguments + ["--resume"]).status == 0)
    let killed = try TimingTable(contentsOf: table)
    #expect(try calibrate(arguments + ["--fresh"]).status == 0)
    let whole = try TimingTable(contentsOf: table)
    #expect(Set(killed.rows.map(\.shape)) == Set(whole.rows.map(\.shape)) && killed.rows.count == whole.rows.count)
    #expect(Set(killed.rows.map(\.shape)) == shapes)
    #expect(killed.rows.compactMap { $0.other["passes"] } == whole.rows.compactMap { $0.other["passes"] })
  }

  /// Starts a calibration and kills it once its file has so many rows (0: as soon as it runs).
  private func killCalibration(_ arguments: [String], whenRowsAre count: Int) throws {
    let started = try BuiltCommand.start(["calibrate", "--preset", "quick"] + arguments)
    let process = started.process
    while process.isRunning {
      let text = (try? Data(contentsOf: URL(fileURLWithPath: table))) ?? Data()
      // The header is a line as well.
      if text.count(where: { $0 == UInt8(ascii: "\n") }) >= min(count, 1) + count { break }
      usleep(1000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  @Test func badRequestsAreOneLine() throws {
    let huge = try folder.file("huge.csv", "m,k,n\n1000000,1000000,1000000\n")
    let typed = try folder.file("typed.csv", "m,k,n,dtype\n1,2,3,bf16\n")
    let broken = try folder.file("broken.csv", "m,k,n\n1,x,3\n")
    let cases: [([String], Int32, String)] = [
      (["--shapes", huge], 65, "--max-memory"), (["--shapes", typed], 65, "fp32 only"),
      (["--shapes", broken], 65, "broken.csv:2:3"), (["--shapes", "/nowhere/x.csv"], 66, "No such file"),
      (["--threads", "9999"], 64, "can run here"), (["--budget=-3"], 64, "positive"),
      (["--core-type", "NoSuchKernel", "--shapes", shapes], 64, "NoSuchKernel"),
      (["--max-memory", "lots"], 64, "max-memory"), (["--max-memory", "2"], 64, "as in 2GiB"),
      (["--threads", "0"], 64, "threads"),
      (["--fresh", "--resume"], 64, "one of"),
    ]
    for (arguments, status, text) in cases {
      let result = try calibrate(arguments + ["--output", table])
      #expect(result.status == status, "\(arguments): \(result.diagnostics)")
      #expect(result.diagnostics.contains(text), "\(arguments): \(result.diagnostics)")
      #expect(!FileManager.default.fileExists(atPath: table))
    }
    #expect(try calibrate(["--output", "/nowhere/table.csv"]).status == 73)
  }

  @Test func mergePoolsTheSameShape() throws {
    let first = try folder.file(
      "a.csv", "device,dtype,m,k,n,batch,time_us,samples\nx,fp32,1,2,3,1,10,5\nx,fp32,2,2,3,1,7,5\n")
    let second = try folder.file("b.csv", "device,dtype,m,k,n,batch,time_us,samples,note\nx,fp32,1,2,3,1,20,5,hi\n")
    let result = try BuiltCommand.run(["merge", first, second])
    #expect(result.status == 0, "\(result.diagnostics)")
    let merged = try TimingTable(CSVDocument(text: result.output, file: "-"))
    #expect(merged.rows.count == 2)
    #expect(merged.rows[0].samples == 10)
    #expect(merged.rows[0].seconds > 10e-6 && merged.rows[0].seconds < 20e-6)
    #expect(merged.otherColumns == ["note"])
    #expect(try BuiltCommand.run(["merge", "/nowhere.csv"]).status == 66)
    #expect(try BuiltCommand.run(["merge", first, "--output", "/nowhere/x.csv"]).status == 73)
  }

  /// What is planned is soon done; nothing counts on a budget that an integer can hold.
  @Test func aBudgetMayBeAnyNumber() throws {
    let result = try calibrate([
      "--shapes", shapes, "--threads", "1", "--core-type", "inherit", "--budget", "1e300", "--output", "-",
    ])
    #expect(result.status == 0, "\(result.diagnostics)")
    #expect(try CSVDocument(text: result.output, file: "stdout").rows.count == 3)
  }

  @Test func anAdaptiveRunFitsAndChooses() throws {
    let result = try calibrate([
      "--threads", "1", "--core-type", "inherit", "--budget", "8", "--adaptive", "--output", table,
    ])
    // 3: on a busy machine so short a calibration is not fit for use.
    #expect([0, 3].contains(result.status), "\(result.diagnostics)")
    #expect(result.diagnostics.contains("more where the model is less sure"))
    #expect(try calibrate(["--adaptive", "--shapes", shapes, "--output", "-"]).status == 64)
    #expect(try calibrate(["--target-error", "often", "--output", "-"]).status == 64)
  }

  /// A long calibration that has begun to measure.
  private func startedCalibration(_ arguments: [String]) throws -> BuiltCommand.Started {
    let started = try BuiltCommand.start(["calibrate", "--preset", "thorough", "--fresh"] + arguments)
    while started.process.isRunning, !started.diagnostics.contains("measuring with") { usleep(1000) }
    return started
  }

  @Test func aFileHasOneWriterAtATimeWhateverBecomesOfIt() throws {
    // As the tool names it: no file is there that says so.
    let arguments = [
      "--threads", "1", "--core-type", "inherit", "--shapes", shapes, "--budget", "1000", "--output", table,
    ]
    // Other suites measure at the same time: only one calibration holds the machine's lock, and this must be the one.
    var first = try startedCalibration(arguments)
    while first.diagnostics.contains("another calibration is running on this machine") {
      kill(first.process.processIdentifier, SIGKILL)
      first.process.waitUntilExit()
      first = try startedCalibration(arguments)
    }
    kill(first.process.processIdentifier, SIGSTOP)
    for mode in ["--fresh", "--resume"] {
      let second = try calibrate(arguments + [mode])
      #expect(second.status == 75 && second.diagnostics.count(where: { $0 == "\n" }) == 1)
      #expect(second.diagnostics.contains("\(table): another calibration is writing it"))
    }
    let other = try calibrate(["--threads", "1", "--core-type", "inherit", "--shapes", shapes, "--output", "-"])
    #expect(other.status == 0 && other.diagnostics.contains("another calibration is running on this machine"))
    kill(first.process.processIdentifier, SIGKILL)
    first.process.waitUntilExit()
    #expect(try calibrate(arguments + ["--fresh"]).status == 0)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.root.path)
    #expect(left.sorted() == ["shapes.csv", "table.csv"])
  }

  @Test(arguments: [6, 8, 12, 20])
  func fewOpenFilesAreAMessage(limit: Int) throws {
    let result = try BuiltCommand.shell(
      "ulimit -n \(limit); exec $GEMMCAST calibrate --shapes \(shapes) --output \(table)")
    #expect(result.status == 71 && result.diagnostics.contains("ulimit -n"))
    #expect(result.diagnostics.count(where: { $0 == "\n" }) == 1)
  }

  @Test func allThreadsAndTheirReasonAreSaid() throws {
    let result = try calibrate(["--shapes", shapes, "--threads", "all", "--core-type", "inherit", "--output", "-"])
    #expect(result.status == 0, "\(result.diagnostics)")
    #expect(result.diagnostics.contains("--threads all is "))
    let library = try TimingTable(CSVDocument(text: result.output, file: "-")).rows.map { $0.other["library"] ?? "" }
    #expect(library.allSatisfy { $0.wholeMatch(of: /OpenBLAS [0-9.]+ (pthread|openmp|sequential)/) != nil })
  }

  /// Which products the library shares, against what its sources say of that version and kernel.
  @Test(arguments: ["Prescott", "Haswell"])
  func whereSharingBeginsIsSeen(kernel: String) throws {
    let topology = try BuiltCommand.run(["topology", "--format", "json"])
    let root = try JSONDocument(text: topology.output, file: "topology").root
    let library = try root.required("openblas")
    // One thread shares nothing, and another library's threads are not told here.
    guard try root.required("usable_threads").integer() >= 2, try library.required("threading").string() == "pthread",
      try library.required("version").string() == "0.3.21"
    else { return }
    let ready = try BuiltCommand.run(
      ["measure-worker", "--threads", "2", "--memory-limit", "1e7"],
      environment: ["OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "2"])
    let fields = ready.output.split(separator: "\t", omittingEmptySubsequences: false)
    #expect(fields.count == 9, "\(ready.output)")
    // Another CPU may lack what the kernel needs.
    guard fields.count == 9, fields[2] == kernel else { return }
    #expect(Double(fields[7]) == 262_144, "\(ready.output)")
  }
}
