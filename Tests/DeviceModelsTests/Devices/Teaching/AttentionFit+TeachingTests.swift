import DataFiles
import GEMMTiming
import LinearSolvers
import ModelStatistics
import Testing

@testable import DeviceModels

struct AttentionFitTeachingTests {
  private var planted: AttentionFit {
    var fit = AttentionFit(
      name: "kernels", matches: ["kernels"], computeFraction: 0.6, bandwidthFraction: 0.85, kneeSharpness: 3,
      launchSeconds: 5e-6, blockSeconds: 2e-6, rowGranularity: 64, tailShare: 0.7, waveQuantization: 0.4,
      pairElements: 30, spread: .init(low: 0.9, high: 1.1), source: "planted")
    fit.decoding = .init(
      launchSeconds: 4e-6, keySeconds: 6e-6, halfKeys: 500, headSeconds: 1.5e-6, bandwidthFraction: 0.85,
      kneeSharpness: 1.4, streamLoss: 0.3, streams: 150, spread: .init(low: 0.8, high: 1.3))
    return fit
  }

  /// Kernels as a device would give them that take what `fit` says, prompts and decoding in turn.
  private func entries(_ fit: AttentionFit, on device: DeviceSpecification) throws -> [MeasuredTable.Entry] {
    let peak = try #require(device.peaks[.bf16]?.value)
    var entries: [MeasuredTable.Entry] = []
    for (heads, keyHeads, dimension) in [(32, 8, 128), (16, 16, 64), (12, 12, 128)] {
      for batch in [1, 4, 16, 64] {
        for length in [128, 512, 1024, 2048, 4096, 8192] {
          for queries in [length, 1] {
            let shape = try AttentionShape(
              batch: batch, heads: heads, keyValueHeads: keyHeads, headDimension: dimension, queryLength: queries,
              keyLength: queries == 1 ? length + 1 : length, causal: true)
            let time = fit.time(shape, bytes: shape.bytes(.bf16), peak: peak, on: device)
            entries.append(
              .init(
                row: entries.count, device: device.name, variant: "library-1.0-kernels", label: "attention",
                sizeClass: "", operation: .attention(shape, .bf16), seconds: time.seconds))
          }
        }
      }
    }
    return entries
  }

  @Test func plantedKernelsAreRecovered() throws {
    let device = try DeviceSpecification.builtIn(named: "h200-sxm-141gb")
    let rows = try entries(planted, on: device)
    let taught = try device.attentionFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    #expect(taught.count == 1)
    let fit = try #require(taught.first).fit
    #expect(fit.name == "kernels" && fit.matches == ["kernels"])
    #expect(fit.source == "fitted to 72 rows of several queries and 72 of one query behind a cache: planted")
    #expect(abs(fit.computeFraction / planted.computeFraction - 1) < 0.05)
    #expect(abs(fit.launchSeconds / planted.launchSeconds - 1) < 0.1)
    #expect(abs((fit.decoding?.bandwidthFraction ?? 0) / 0.85 - 1) < 0.05)
    #expect(try #require(taught.first).heldOut.allSatisfy { $0.statistics.mean < 0.02 && $0.statistics.count == 72 })
    let peak = try #require(device.peaks[.bf16]?.value)
    for row in rows {
      guard case .attention(let shape, let dtype) = row.operation else { continue }
      let time = fit.time(shape, bytes: shape.bytes(dtype), peak: peak, on: device)
      // Where padding asks like queries do, short prompts cost no less than one query.
      #expect(abs(time.seconds / row.seconds - 1) < 0.03)
    }
  }

  @Test func aPassBeforeTheKernelIsFound() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    var serving = planted
    serving.decoding = nil
    (serving.launchSeconds, serving.passFraction) = (1.2e-5, 0.4)
    let rows = try entries(serving, on: device)
    let taught = try device.attentionFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    let fit = try #require(taught.first).fit
    #expect(abs(fit.passFraction / 0.4 - 1) < 0.1 && abs(fit.launchSeconds / 1.2e-5 - 1) < 0.05, "\(fit)")
    #expect(try #require(taught.first).heldOut.contains { $0.statistics.count == 72 && $0.statistics.mean < 0.02 })
  }

  @Test func promptsAloneTeachNoDecoding() throws {
    let device = try DeviceSpecification.builtIn(named: "h200-sxm-141gb")
    let rows = try entries(planted, on: device).filter {
      if case .attention(let shape, _) = $0.operation { shape.queryLength > 1 } else { false }
    }
    let taught = try device.attentionFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    #expect(taught.map(\.fit.decoding) == [nil])
    #expect(taught.first?.fit.source == "fitted to 72 rows of several queries: planted")
    #expect(try device.attentionFits(taughtBy: Array(rows.prefix(19)), source: "", solver: PortableSolver()).isEmpty)
  }

  @Test func aLibraryThatTheDeviceFileKnowsKeepsItsName() throws {
    let device = try DeviceSpecification.builtIn(named: "a100-sxm-80gb")
    let rows = try entries(planted, on: device).map {
      MeasuredTable.Entry(
        row: $0.row, device: $0.device, variant: "trtllm-1.0", label: $0.label, sizeClass: "",
        operation: $0.operation, seconds: $0.seconds)
    }
    let taught = try device.attentionFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    #expect(taught.map(\.fit.name) == ["tensorrt-llm"])
    #expect(taught.map(\.fit.matches) == [["trtllm"]])
  }

  @Test func aFitIsReadAsItWasWritten() throws {
    var without = planted
    without.decoding = nil
    without.pairElements = 0
    var serving = without
    serving.passFraction = 0.6
    for fit in [planted, without, serving] {
      #expect(try AttentionFit(JSONDocument(text: fit.json.text, file: "fit.json").root) == fit)
    }
  }

  @Test(
    arguments: ["h100-sxm-80gb", "h200-sxm-141gb", "h100-pcie-80gb", "b200-sxm", "gb200"],
    ["cudnn", "flash", "serving"])
  func timeFallsWithNoExtent(_ name: String, _ variant: String) throws {
    let model = DeviceModel(
      specification: try .builtIn(named: name),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3), detail: .shipped,
      variant: variant)
    /// Batch, key heads, queries beside one of them, and keys in front of the queries.
    func time(_ extents: [Int]) throws -> Double {
      let shape = try AttentionShape(
        batch: extents[0], heads: 4 * extents[1], keyValueHeads: extents[1], headDimension: 128,
        queryLength: extents[2], keyLength: extents[2] + extents[3], causal: true)
      let prediction = try model.predict(.attention(shape, .bf16))
      let peak = try #require(model.peakFlops(.bf16))
      #expect(prediction.seconds >= shape.flops / peak)
      #expect(prediction.seconds >= shape.bytes(.bf16) / model.specification.memoryBandwidth.value)
      return prediction.seconds
    }
    let extents = [1, 2, 3, 5, 8, 17, 40, 64, 65, 100, 128, 129, 200, 500, 512, 513, 1000, 3000, 4096, 20000]
    for fixed in [[1, 2, 1, 1000], [1, 8, 512, 0], [16, 8, 1, 4096], [64, 1, 7, 300], [4, 8, 2000, 2000]] {
      for axis in 0..<4 {
        var last = 0.0
        for extent in extents {
          var shape = fixed
          shape[axis] = extent
          let next = try time(shape)
          #expect(next >= last, "\(shape)")
          last = next
        }
      }
    }
  }

  @Test func severalQueriesTakeNoMoreThanOneAfterAnother() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let fit = try #require(device.attentionFits.first)
    let peak = try #require(device.peaks[.bf16]?.value)
    func seconds(_ queries: Int) throws -> Double {
      let shape = try AttentionShape(
        batch: 1, heads: 32, keyValueHeads: 8, headDimension: 128, queryLength: queries, keyLength: 65536, causal: true)
      return fit.time(shape, bytes: shape.bytes(.bf16), peak: peak, on: device).seconds
    }
    let one = try seconds(1)
    for queries in 2...5 {
      let several = try seconds(queries)
      #expect(several >= one && several <= 1.001 * Double(queries) * one)
    }
  }
}
