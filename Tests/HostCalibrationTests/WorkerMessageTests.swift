import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct WorkerMessageTests {
  private static let build = OpenBLASBuild(
    version: "0.3.21", configuration: "OpenBLAS 0.3.21 DYNAMIC_ARCH Zen", kernel: "Zen", threads: 2, threading: .pthread
  )

  @Test(arguments: [
    WorkerMessage.ready(MeasurerSetting(openBLAS: build, pinnedTo: [0, 2])),
    .ready(MeasurerSetting(openBLAS: build, pinnedTo: [])),
    .ready(MeasurerSetting(openBLAS: build, pinnedTo: [0], choices: [0, 1, 4], loneVolume: 262_144)),
    .measured(
      Measurement(
        samples: [1.25e-7, 0.1, 3.3e-5], callsPerSample: 400,
        state: HostState(
          rawSeconds: 3.9e-5, coreSlowdown: 1.25, stolenSeconds: 0.01, involuntarySwitches: 3, waitedShare: 0.25),
        wallSeconds: 0.3, pinnedTo: [0, 2])),
    .measured(Measurement(samples: [1], callsPerSample: 1, wallSeconds: 1)),
    .failed(.overMemory(bytes: 1e30, limit: 5e9)), .failed(.outOfMemory(bytes: 12)),
    .failed(.wrongResult(error: 0.5, tolerance: 1e-6)),
    .failed(.tooManyThreads(asked: 9, available: 2, because: "it is built for 2")),
    .failed(.other("something else")),
  ])
  func messagesSurviveTheirLine(message: WorkerMessage) {
    #expect(WorkerMessage(line: message.line) == message)
    #expect(!message.line.contains("\n"))
  }

  @Test func requestsSurviveTheirLine() throws {
    let item = WorkItem(try GEMMShape(m: 1, k: 22, n: 333, batch: 4), routine: .gemm, threads: 2, cache: .cold)
    let request = MeasurementRequest(
      item, stopping: StopRule(minimumSamples: 3, maximumSamples: 9, halfWidth: 0.01), timeLimit: 0.125,
      patience: 0.25, checksResult: false)
    #expect(MeasurementRequest(line: request.line) == request)
  }

  @Test(arguments: [
    "", "ready", "ready\t1\t2", "measured\t1\t1\t2\t0\t0\t", "measured\t1\t1\t2\t0\t0\t1,x", "hello\tworld",
  ])
  func otherLinesAreNoMessages(line: String) {
    #expect(WorkerMessage(line: line) == nil)
    #expect(MeasurementRequest(line: line) == nil)
  }
}
