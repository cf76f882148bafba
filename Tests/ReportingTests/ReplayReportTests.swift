import DataFiles
import GEMMTiming
import Testing
import TransformerModels

@testable import Reporting

@Suite struct ReplayReportTests {
  private func operation(
    _ name: String, _ operation: GEMMTiming.Operation, _ measured: Double, _ forecast: Double?
  ) -> ReplayReport.Operation {
    ReplayReport.Operation(
      name: name, operation: operation, layout: name == "up" ? .nt : nil,
      measured: .init(
        seconds: measured, low: 0.9 * measured, high: 1.1 * measured, minimum: 0.8 * measured, samples: 5),
      forecast: forecast.map {
        TimePrediction(seconds: $0, low: 0.5 * $0, high: 2 * $0, bound: .compute, source: .interpolated)
      })
  }

  private func report(exchanges: Bool = true) throws -> ReplayReport {
    let exchange = Communication(.allReduce, bytes: 64, ranks: 2, nodes: 1)
    let operations = [
      operation("norm", .memory(MemoryTraffic(.layerNorm, read: 8, written: 8)), 10e-6, 9e-6),
      operation("up", .gemm(try GEMMShape(m: 2, k: 3, n: 4), .fp32), 100e-6, 60e-6),
      operation("heads", .none, 5e-6, 0),
    ]
    return ReplayReport(
      model: "tiny", modelLayers: 3, work: "forward", device: "here",
      operations: operations + (exchanges ? [operation("reduce", .communication(exchange), 30e-6, nil)] : []),
      layer: .init(seconds: 150e-6, low: 140e-6, high: 160e-6, minimum: 130e-6, samples: 5), clocked: 180e-6, layers: 2,
      passes: 5,
      setting: .init(
        library: "OpenBLAS 1.2.3 pthread", kernel: "Zen", ranks: 2, threads: 1, hardwareThreads: [0, 1],
        weights: "out-in"), assumptions: ["All of it."], output: (1, [0.5, -0.5]))
  }

  @Test func theForecastIsHeldAgainstWhatItIsOf() throws {
    let report = try report()
    let forecast = try #require(report.forecast)
    #expect(abs(forecast.seconds - 69e-6) < 1e-12 && abs(forecast.high - 138e-6) < 1e-12)
    #expect(abs(report.comparable - 120e-6) < 1e-12)
    #expect(abs((report.error ?? 0) - (69.0 / 120 - 1)) < 1e-9)
    #expect(report.isInside == true)
    #expect(report.byGap.map(\.name) == ["up", "heads", "norm", "reduce"])
    let whole = try self.report(exchanges: false)
    #expect(whole.comparable == 150e-6 && whole.isInside == false && whole.unforecast.isEmpty)
  }

  @Test func textSaysTheLayerInOneSentence() throws {
    let text = try report().document.text(width: 1000)
    #expect(
      text.contains(
        "forward: a layer took 150.0 µs, 120.0 µs of it without reduce; forecast 69.00 µs, 90 % interval 34.50 µs to "
          + "138.0 µs: 42.5 % too short, inside the interval. That is on cores of its own; others shared them, and by the clock it "
          + "took 180.0 µs."), "\(text)")
    #expect(text.contains("layer by the clock"))
    var quiet = try report()
    quiet.clocked = quiet.layer.seconds
    #expect(!quiet.document.text(width: 1000).contains("by the clock"))
    #expect(text.contains("(2,3,4) A·Bᵀ") && text.contains("not in the DAG") && text.contains("not forecast"))
    #expect(text.contains("step, 3 layers only"))
    #expect(try report(exchanges: false).document.text(width: 1000).contains("outside the interval."))
    var none = try report()
    none.operations = none.operations.map {
      var operation = $0
      operation.forecast = nil
      return operation
    }
    #expect(none.document.text(width: 1000).contains("nothing is forecast of it"))
  }

  @Test func filesHaveAllFigures() throws {
    let report = try report()
    let csv = try CSVDocument(text: report.csv(), file: "replay.csv")
    #expect(csv.header == ReplayReport.columns)
    #expect(csv.rows.map { $0[0] } == ["norm", "up", "heads", "reduce", "layer", "layer_forecast_part", "step_layers"])
    #expect(csv.rows.allSatisfy { $0.count == ReplayReport.columns.count })
    let column = try #require(csv.header.firstIndex(of: "measured_us"))
    #expect(csv.rows.compactMap { Double($0[column]) } == [10, 100, 5, 30, 150, 120, 450])
    let json = try JSONDocument(text: report.json(), file: "replay.json").root
    #expect(
      try json.required("operations").array().map { try $0.required("name").string() } == report.operations.map(\.name))
    #expect(abs(try json.required("error").double() - (69.0 / 120 - 1)) < 1e-9)
    #expect(try json.required("layer_forecast_part").required("measured_us").double().rounded() == 120)
    #expect(try json.required("setting").required("hardware_threads").array().map { try $0.integer() } == [0, 1])
    #expect(try json.required("output").required("values").array().map { try $0.double() } == [0.5, -0.5])
  }
}
