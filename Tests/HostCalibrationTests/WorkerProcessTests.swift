import Foundation
import GEMMTiming
import TestSupport
import Testing

@testable import HostCalibration

/// Processes that do not behave as a measuring process should; each is a line of the shell in its place.
@Suite struct WorkerProcessTests {
  private func start(_ line: String, silence: Double = 0.3, stop: StopFlag = StopFlag()) throws -> WorkerProcess {
    let launch = WorkerProcess.Launch(
      executable: "/bin/sh", arguments: ["-c", line], memoryLimit: 1e6, silence: silence)
    return try WorkerProcess(launch, threads: 1, coreType: nil, stop: stop)
  }

  private static let ready = "printf 'ready\\t1\\tZen\\t1\\tpthread\\t\\t\\t\\tOpenBLAS 1\\n'"

  private func request() throws -> MeasurementRequest {
    MeasurementRequest(WorkItem(try GEMMShape(m: 2, k: 3, n: 4), threads: 1), timeLimit: 0.01)
  }

  /// Whether a process that wrote its number to a file is gone.
  private func isGone(_ file: String) throws -> Bool {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let number = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    return kill(number, 0) != 0 && errno == ESRCH
  }

  /// Computes for ever; ends by itself after a while, should nobody end it.
  static let busy = "ulimit -t 60; while :; do :; done"

  @Test(arguments: [
    ("kill -STOP $$", "it was stopped by a signal"), ("exec sleep 1000", "it did no work"),
    (Self.busy, "it gave no answer for"),
  ])
  func oneThatNeverAnswersIsGivenUpAndEnded(line: String, complaint: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/pid"
    // Before it is ready, and when it is asked for something.
    #expect {
      _ = try start("echo $$ > \(file); \(line)")
    } throws: {
      "\($0)".contains(complaint) && "\($0)".hasSuffix("given up")
    }
    #expect(try isGone(file))
    let worker = try start("echo $$ > \(file); \(Self.ready); read request; \(line)")
    #expect(worker.setting.openBLAS.kernel == "Zen")
    let request = try request()
    #expect {
      _ = try worker.measure(request)
    } throws: {
      "\($0)".contains(complaint) && "\($0)".hasSuffix("given up")
    }
    #expect(try isGone(file))
  }

  @Test func howOneEndsIsSaid() throws {
    for (line, text) in [
      ("exit 3", "exit code 3"), ("kill -ILL $$", "signal 4"), ("kill -KILL $$", "memory may have run out"),
      ("exec >&-; exec sleep 1000", "closed its output"), ("echo hello", "it said \"hello\""),
    ] {
      #expect {
        _ = try start(line, silence: 30)
      } throws: {
        "\($0)".contains(text)
      }
    }
    #expect(throws: CalibrationError.self) {
      try WorkerProcess(.init(executable: "/nowhere/x", arguments: [], memoryLimit: 1), threads: 1, coreType: nil)
    }
  }

  @Test func aRaisedFlagEndsTheWait() throws {
    let stop = StopFlag()
    stop.raise()
    #expect(throws: CalibrationError.stopped) { try start("exec sleep 1000", silence: 1e6, stop: stop) }
  }

  @Test func aClosedProcessIsEndedThoughItIsStopped() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/pid"
    let worker = try start("echo $$ > \(file); \(Self.ready); kill -STOP $$")
    worker.close()
    #expect(try isGone(file))
  }

  // MARK: - The real measuring process

  /// `gemmcast measure-worker`, which writes its number to a file first.
  private func startReal(writing file: String) throws -> WorkerProcess {
    let line = "echo $$ > \(file); exec \(BuiltExecutable.url.path) measure-worker \"$@\""
    return try WorkerProcess(
      .init(executable: "/bin/sh", arguments: ["-c", line, "sh"], memoryLimit: 1e8), threads: 1, coreType: nil)
  }

  @Test func aRealOneMeasuresAndRefusesAndGoesOn() throws {
    let folder = try TemporaryFolder()
    let worker = try startReal(writing: folder.path + "/pid")
    #expect(worker.setting.openBLAS.threads == 1 && !worker.setting.openBLAS.kernel.isEmpty)
    let item = WorkItem(try GEMMShape(m: 33, k: 70, n: 20), threads: 1)
    let large = try GEMMShape(m: 4000, k: 4000, n: 4000)
    for _ in 0..<2 {
      let result = try worker.measure(
        MeasurementRequest(item, stopping: StopRule(minimumSamples: 3, maximumSamples: 5), timeLimit: 0.01))
      #expect(!result.samples.isEmpty && result.samples.allSatisfy { $0 > 0 && $0.isFinite })
      let median = try #require(SampleSummary(result.samples)?.median)
      // What the clock said is no less than what the row will say.
      #expect(try #require(result.state.rawSeconds) >= median && result.state.involuntarySwitches != nil)
      #expect {
        try worker.measure(MeasurementRequest(WorkItem(large, threads: 1), timeLimit: 0.01))
      } throws: {
        if case CalibrationError.overMemory(large, _, 1e8) = $0 { true } else { false }
      }
    }
    worker.close()
    #expect(try isGone(folder.path + "/pid"))
  }

  @Test func aRealOneThatIsKilledIsOneError() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/pid"
    let worker = try startReal(writing: file)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let number = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // A request that has no end of its own, so that the signal comes before its answer whenever it comes.
    let endless = MeasurementRequest(
      WorkItem(try GEMMShape(m: 64, k: 64, n: 64), threads: 1),
      stopping: StopRule(minimumSamples: .max, maximumSamples: .max), timeLimit: 1e6)
    Thread { kill(number, SIGKILL) }.start()
    for request in [endless, try request()] {
      let error = #expect(throws: CalibrationError.self) { try worker.measure(request) }
      let description = try #require(error).description
      #expect(description.contains("signal 9") && !description.contains("\n"), "\(description)")
    }
  }

  @Test func aRealOneEndsWithWhatStartedIt() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/pid"
    do {
      let worker = try startReal(writing: file)
      #expect(try !isGone(file) && !worker.setting.pinnedTo.isEmpty)
    }
    #expect(try isGone(file))
  }

  @Test func nothingThatSteersHwlocOrOpenBLASIsInherited() {
    let inherited = [
      "HWLOC_XMLFILE": "x", "HWLOC_FSROOT": "y", "OPENBLAS_CORETYPE": "z", "OMP_NUM_THREADS": "7", "PATH": "/bin",
      "HWLOC_HIDE_ERRORS": "1",
    ]
    let expected = [
      "PATH": "/bin", "HWLOC_HIDE_ERRORS": "1", "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2",
      "OPENBLAS_CORETYPE": "Haswell",
    ]
    #expect(SteeringVariable.clean(inherited, coreType: "Haswell", threads: 2) == expected)
  }
}
