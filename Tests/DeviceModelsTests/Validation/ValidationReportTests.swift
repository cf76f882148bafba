import DataFiles
import GEMMTiming
import ModelStatistics
import Testing

@testable import DeviceModels

/// Predicts what it is told to, for whatever it is asked.
private struct ConstantModel: GEMMTimeModel {
  let deviceName: String
  let seconds: Double

  func peakFlops(_ dtype: DataType) -> Double? { dtype == .bf16 ? 1e12 : nil }

  func predict(_ operation: Operation) throws(UnsupportedOperation) -> TimePrediction {
    guard case .gemm(_, .bf16, _) = operation else {
      throw UnsupportedOperation(device: deviceName, reason: "has bf16 only")
    }
    return .init(seconds: seconds, low: seconds / 2, high: seconds * 1.5, bound: .compute, source: .scaled)
  }
}

struct ValidationReportTests {
  private let text = """
    device,dtype,m,k,n,batch,time_us,note
    a,bf16,8,8,8,1,10,"x, y"
    a,bf16,8,8,8,1,20,
    b,bf16,9000,8,8,1,10,

    """

  private func report() throws -> ValidationReport {
    try ValidationReport(MeasuredTable(CSVDocument(text: text, file: "m.csv"))) { (device, _) throws(FileError) in
      ConstantModel(deviceName: device, seconds: device == "a" ? 12e-6 : 8e-6)
    }
  }

  /// Errors by hand: 12/10 − 1 = 20 %, 12/20 − 1 = −40 %, 8/10 − 1 = −20 %.
  @Test func statisticsAreThoseOfTheErrors() throws {
    let report = try report()
    let overall = try #require(report.overall)
    #expect(overall.count == 3)
    #expect(abs(overall.mean - 0.8 / 3) < 1e-12)
    #expect(abs(overall.median - 0.2) < 1e-12)
    #expect(abs(overall.bias + 0.4 / 3) < 1e-12)
    // 10 lies in [6, 18], 20 does not, 10 lies in [4, 12].
    #expect(abs(overall.coverage - 2.0 / 3) < 1e-12)
    #expect(report.groups.map(\.device) == ["a", "a", "b", "b", nil])
    #expect(report.groups.map(\.sizeClass) == [nil, "m ≤ 16", nil, "m > 2048", nil])
    #expect(report.groups.map(\.statistics.count) == [2, 2, 1, 1, 3])
  }

  @Test func theCSVHoldsTheRowsOwnColumnsAndThePredictions() throws {
    let csv = try CSVDocument(text: report().csv(), file: "out.csv")
    #expect(
      csv.header == [
        "device", "dtype", "m", "k", "n", "batch", "time_us", "note", "predicted_us", "predicted_lo_us",
        "predicted_hi_us", "error_percent",
      ])
    #expect(
      csv.rows[0] == ["a", "bf16", "8", "8", "8", "1", "10", "x, y", "12.000000", "6.000000", "18.000000", "20.00"])
    #expect(csv.rows[1].last == "-40.00")
  }

  @Test func anOperationThatTheDeviceCannotDoIsRefusedAtItsRow() throws {
    let table = try MeasuredTable(
      CSVDocument(text: "device,dtype,m,k,n,batch,time_us\na,bf16,1,1,1,1,1\na,fp8,1,1,1,1,1\n", file: "m.csv"))
    let error = #expect(throws: FileError.self) {
      try ValidationReport(table) { (device, _) throws(FileError) in ConstantModel(deviceName: device, seconds: 1) }
    }
    #expect(error?.line == 3)
    #expect(error?.description.contains("bf16 only") == true)
  }
}
