import DataFiles
import GEMMTiming
import Testing

@testable import DeviceModels

struct CollectiveFitJSONTests {
  @Test(arguments: DeviceSpecification.builtInNames)
  func aFitIsReadAsItWasWritten(_ name: String) throws {
    let device = try DeviceSpecification.builtIn(named: name)
    for fit in device.collectiveFits + [.nccl(on: device)] {
      #expect(try CollectiveFit(JSONDocument(text: fit.json.text, file: "fit.json").root) == fit)
    }
  }

  private static func text(_ member: String) -> String {
    #"{"name": "x", "matches": ["x"], "host_s": 0, "copies": 0, "protocols": {"all_reduce": [{"name": "p", "#
      + #""base_s": 1e-6, "step_s": 0, "steps": "ring", "volume": "ring", "bandwidth_fraction": 0.5, "half_ranks": 0, "#
      + member + #"}]}, "spread": [0.9, 1.1], "source": "none"}"#
  }

  @Test func whatIsLeftOutIsUsual() throws {
    let fit = try CollectiveFit(JSONDocument(text: Self.text(#""maximum_bytes": 8"#), file: "f").root)
    let way = try #require(fit.protocols[.allReduce]?.first)
    #expect(way.pipelining == 1 && way.minimumRanks == 2 && way.maximumBytes == 8 && way.estimate == nil)
  }

  @Test(arguments: [
    (#""pipelining": 0.9"#, "pipelining is 0.9"),
    (#""minimum_ranks": 1"#, "minimum_ranks is 1"),
    (#""estimate": {"base_s": 1e-6}"#, "step_s"),
    (#""estimate": {"base_s": 1e-6, "step_s": 0, "bandwidth_fraction": 0}"#, "bandwidth_fraction is 0"),
    (#""estimate": {"base_s": 1e-6, "step_s": 0, "bandwidth_fraction": 1, "rate": 1}"#, "rate"),
    (
      #""maximum_bytes": 8, "estimate": {"base_s": 1e-6, "step_s": 0, "bandwidth_fraction": 1}"#,
      "an estimate decides up to which size"
    ),
    (#""sharpness": 1"#, "sharpness"),
  ])
  func whatIsNoProtocolIsRefused(_ member: String, _ culprit: String) throws {
    let error = #expect(throws: FileError.self) {
      try CollectiveFit(JSONDocument(text: Self.text(member), file: "fit.json").root)
    }
    #expect(error?.description.contains(culprit) == true, "\(String(describing: error))")
  }
}
