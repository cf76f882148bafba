import CSGEMMLoop
import Foundation
import GEMMTiming
import HostCalibration

/// Times sgemm on square operands through HostCalibration and in a plain C loop, in pairs.
///
/// One thread takes both sides of a pair, on operands that lie alike: A and B next to each other, C on its own, each on
/// a cache line, blocks of the same size from the allocator.
final class PairedLoops: @unchecked Sendable {
  private let edge: Int
  private var measurer: InProcessMeasurer?
  private var operands: Operands?
  private var ratios: [Double] = []
  private var isSwiftFirst = false

  /// Samples a side in one pair: few, so that both sides of a pair see the same state of the machine.
  private static let samples = 5

  init(edge: Int) { self.edge = edge }

  /// The time of a call through Swift, as a multiple of the bare call's: medians of one pair.
  func measurePair() throws -> Double {
    let measurer = try self.measurer ?? prepare()
    let item = WorkItem(try GEMMShape(m: edge, k: edge, n: edge), threads: 1)
    let stopping = StopRule(minimumSamples: Self.samples, maximumSamples: Self.samples, halfWidth: 0)
    let request = MeasurementRequest(item, stopping: stopping, timeLimit: 5, checksResult: false)
    isSwiftFirst.toggle()
    let ratio: Double
    if isSwiftFirst {
      let measurement = try measurer.measure(request)
      ratio = Self.median(measurement.samples) / bare(calls: measurement.callsPerSample)
    } else {
      let bare = bare(calls: callsPerBlock)
      let measurement = try measurer.measure(request)
      callsPerBlock = measurement.callsPerSample
      ratio = Self.median(measurement.samples) / bare
    }
    ratios.append(ratio)
    return ratio
  }

  /// One line on standard error: the median ratio of all pairs as a percentage above the bare loop.
  func report() {
    guard let summary = SampleSummary(ratios) else { return }
    func percent(_ ratio: Double) -> String { String(format: "%+.2f %%", 100 * (ratio - 1)) }
    let line =
      "sgemm \(edge)^3: Swift above C by \(percent(summary.median)), 95 % interval "
      + "\(percent(summary.low)) to \(percent(summary.high)), \(summary.count) pairs\n"
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// Calls in a block, as the measurer last chose it.
  private var callsPerBlock = 1

  private func prepare() throws -> InProcessMeasurer {
    let topology = try HostTopology.discover()
    let measurer = try InProcessMeasurer(topology: topology, threads: 1, memoryLimit: 0x1p30, pins: true)
    operands = Operands(edge: edge)
    self.measurer = measurer
    let item = WorkItem(try GEMMShape(m: edge, k: edge, n: edge), threads: 1)
    callsPerBlock = try measurer.measure(MeasurementRequest(item, timeLimit: 1)).callsPerSample
    return measurer
  }

  /// The median time of a call in the C loop, after a block to warm up as the measurer does.
  private func bare(calls: Int) -> Double {
    guard let operands else { return .nan }
    let count = Int32(clamping: calls)
    let n = Int32(clamping: edge)
    func block() -> Double {
      sgemm_loop(n, n, n, operands.a, operands.b, operands.c, count) / Double(count)
    }
    _ = block()
    return Self.median((0..<Self.samples).map { _ in block() })
  }

  private static func median(_ values: [Double]) -> Double { SampleSummary(values)?.median ?? .nan }
}

/// Matrices A, B and C, laid out as the measurer's arena lays its own.
private struct Operands: @unchecked Sendable {
  let a: UnsafeMutablePointer<Float>
  let b: UnsafeMutablePointer<Float>
  let c: UnsafeMutablePointer<Float>

  init?(edge: Int) {
    let count = edge * edge
    guard let input = Self.allocate(max(2 * count, 1 << 18)), let output = Self.allocate(max(count, 1 << 16)) else {
      return nil
    }
    (a, b, c) = (input, input + count, output)
  }

  private static func allocate(_ floats: Int) -> UnsafeMutablePointer<Float>? {
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, 64, 4 * floats) == 0, let pointer else { return nil }
    let matrix = pointer.bindMemory(to: Float.self, capacity: floats)
    var random = SystemRandomNumberGenerator()
    for index in 0..<floats { matrix[index] = .random(in: -1...1, using: &random) }
    return matrix
  }
}
