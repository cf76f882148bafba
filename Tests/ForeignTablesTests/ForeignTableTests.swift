import DataFiles
import ForeignTables
import GEMMTiming
import SeededRandom
import Testing

@Suite struct ForeignTableTests {
  static let samples: [(format: ForeignFormat, text: String)] = [
    (.ncclTests, NCCLTestsTests.text), (.ncclTestsJSON, NCCLTestsJSONTests.text),
    (.cutlassProfiler, CUTLASSProfilerTests.header + "\n" + CUTLASSProfilerTests.row(64, 32, 16, ms: 0.3)),
    (.rocblasBench, ROCmBenchTests.rocblas), (.hipblasltBench, ROCmBenchTests.lt),
    (.aiconfigurator, AIConfiguratorTests.header + "\n" + AIConfiguratorTests.row),
    (
      .aiconfiguratorCollectives,
      AIConfiguratorCollectivesTests.header + "\n" + AIConfiguratorCollectivesTests.row
    ),
    (.vidurMLP, VidurMLPTests.header + "\n" + VidurMLPTests.row("32,8,4096,14336,128256,True,512,2")),
    (.vidurCollectives, VidurCollectivesTests.text), (.deepBench, DeepBenchTests.text),
  ]
  /// A type for the formats that name none.
  static func options(_ format: ForeignFormat) -> ImportOptions {
    ImportOptions(device: "gpu", dtype: [.rocblasBench, .vidurMLP].contains(format) ? .fp16 : nil)
  }

  @Test(arguments: samples)
  func everyFormatIsDetectedAndMayBeNamed(format: ForeignFormat, text: String) throws {
    let detected = try ForeignTable(text: text, file: "f", options: Self.options(format))
    let named = try ForeignTable(text: text, file: "f", format: format, options: Self.options(format))
    #expect(detected.content == named.content && detected.rowCount > 0)
  }

  @Test(arguments: samples)
  func linesMayEndAsOnWindows(format: ForeignFormat, text: String) throws {
    let windows = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    let table = try ForeignTable(text: windows, file: "f", options: Self.options(format))
    #expect(table.content == (try ForeignTable(text: text, file: "f", options: Self.options(format)).content))
  }

  @Test(arguments: samples.filter { $0.format != .ncclTestsJSON })
  func whatALauncherPutsInFrontIsSeenThrough(format: ForeignFormat, text: String) throws {
    let plain = try ForeignTable(text: text, file: "f", options: Self.options(format))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for prefix in ["[1,0]<stdout>:", "12: ", "2026-03-01T08:10:11.5Z ", "Mar  1 08:10:11 node-a srun[7]: ", "> "] {
      let prefixed = lines.map { prefix + $0 }.joined(separator: "\n")
      let table = try ForeignTable(text: prefixed, file: "f", options: Self.options(format))
      #expect(table.content == plain.content && table.leftOut == plain.leftOut, "\(prefix)")
    }
  }

  @Test(arguments: samples)
  func aFileOfAnotherFormatIsRefused(format: ForeignFormat, text: String) {
    for other in ForeignFormat.allCases where other != format {
      #expect(throws: FileError.self) {
        try ForeignTable(text: text, file: "f", format: other, options: Self.options(format))
      }
    }
  }

  /// Characters dropped, doubled and exchanged, lines lost and repeated: read or refused in one line, whatever it is.
  @Test(arguments: samples)
  func damagedTextIsReadOrRefused(format: ForeignFormat, text: String) {
    var random = SplitMix64(seed: 7)
    let signs = Array("0123456789,.-+e:\"{}[]#\n nanNT\u{e9}\u{1F600}")
    var refused = 0
    for _ in 0..<150 {
      var damaged = Array(text)
      for _ in 0..<Int.random(in: 1...4, using: &random) where !damaged.isEmpty {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(damaged[place], at: place)
        case 2: damaged[place] = signs.randomElement(using: &random) ?? "0"
        default: damaged.removeSubrange(place..<min(damaged.count, place + 40))
        }
      }
      do {
        let table = try ForeignTable(text: String(damaged), file: "f", format: format, options: Self.options(format))
        #expect(table.rowCount > 0)
      } catch {
        refused += 1
        #expect(error.kind == .malformed && error.file == "f" && !error.problem.isEmpty)
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(refused > 0)
  }
}
