import CalibrationData
import DataFiles
import Foundation
import GEMMTiming
import Testing

@testable import DeviceModels

struct DeviceSpecificationTests {
  @Test func everyShippedFileIsReadAndNamedAfterItself() throws {
    let names = DeviceSpecification.builtInNames
    #expect(
      Set(names).isSuperset(of: [
        "h100-sxm-80gb", "h200-sxm-141gb", "a100-sxm-80gb", "b200-sxm", "v100-pcie-32gb", "t4", "l40s", "mi300x",
        "rtx-a6000", "rtx-3090", "a40", "rtx-pro-6000", "h20", "gh200", "b300-sxm", "gb300", "mi325x", "mi355x",
      ]))
    for name in names {
      let device = try DeviceSpecification.builtIn(named: name)
      #expect(device.name == name)
      for dtype in device.peaks.keys where dtype != .fp8 { #expect(device.tiles(for: dtype) != nil || dtype != .fp32) }
    }
  }

  @Test func aWrongNameListsWhatExists() {
    let error = #expect(throws: FileError.self) { try DeviceSpecification.builtIn(named: "h1000") }
    #expect(error?.kind == .unreadable)
    #expect(error?.remedy.contains("h100-sxm-80gb") == true)
  }

  @Test(arguments: [
    (
      "\"capacity_bytes\": { \"value\": 80000000000.0", "\"capacity_byte\": { \"value\": 80000000000.0", "capacity_byte"
    ),
    ("\"value\": 2039000000000.0", "\"value\": -1", "above 0"),
    ("\"value\": 108", "\"value\": 108.5", "whole number"),
    ("\"source\": \"NVIDIA A100 whitepaper: 108 SMs\"", "\"source\": \"\"", "empty"),
    ("gemmcast-device-1", "gemmcast-device-9", "gemmcast-device-1"),
    ("[256, 128]", "[256]", "two extents"),
    ("\"fp32\"", "\"fp33\"", "fp33"),
    ("\"value\": 2039000000000.0", "\"value\": 1e308", "from 1000000.0 to 1e+16"),
    ("\"value\": 2039000000000.0", "\"value\": 2039", "from 1000000.0 to 1e+16"),
    ("\"a100-sxm-80gb\"", "\"=a100\"", "begins with ="),
  ])
  func aBrokenFileIsRefusedWithItsPlace(original: String, replacement: String, mention: String) throws {
    let files = CalibrationData.files(in: .devices, withExtension: "json")
    let path = try #require(files.first { $0.hasSuffix("/a100-sxm-80gb.json") })
    let text = try TextFile.read(path)
    #expect(text.contains(original))
    let broken = text.replacingOccurrences(of: original, with: replacement)
    let error = #expect(throws: FileError.self) {
      try DeviceSpecification(JSONDocument(text: broken, file: "broken.json"))
    }
    #expect(error?.line != nil)
    #expect(error?.description.contains(mention) == true)
  }

  @Test func aRemainderMayBeAnotherDevices() throws {
    let own = try #require(DeviceSpecification.builtIn(named: "h100-sxm-80gb").gemmFit(for: .bf16)?.remainder)
    for name in ["h200-sxm-141gb", "h100-pcie-80gb", "gh200"] {
      #expect(try DeviceSpecification.builtIn(named: name).gemmFit(for: .bf16)?.remainder == own)
    }
    let path = try #require(
      CalibrationData.files(in: .devices, withExtension: "json").first { $0.hasSuffix("/h200-sxm-141gb.json") })
    let text = try TextFile.read(path)
    for (name, mention) in [("h1000", "there is no device h1000"), ("p4", "p4 has no remainder")] {
      let broken = text.replacingOccurrences(
        of: #""remainder_of": "h100-sxm-80gb""#, with: #""remainder_of": "\#(name)""#)
      let error = #expect(throws: FileError.self) {
        try DeviceSpecification(JSONDocument(text: broken, file: "broken.json"))
      }
      #expect(error?.line != nil)
      #expect(error?.description.contains(mention) == true)
    }
  }

  /// Every number of a file, far too large and far too small: an error with a place, or a device whose times are times.
  @Test(arguments: ["1e308", "1e-308", "1e100", "1e-100"])
  func noNumberMakesTimesThatAreNone(extreme: String) throws {
    let files = CalibrationData.files(in: .devices, withExtension: "json")
    let text = try TextFile.read(#require(files.first { $0.hasSuffix("/a10g.json") }))
    let shape = RooflineShape(computeFraction: 0.8, bandwidthFraction: 0.7, kneeSharpness: 4)
    var count = 0
    for match in text.matches(of: /: (\d[\d.e+-]*)/) {
      count += 1
      let changed = text.replacingCharacters(in: match.range, with: ": \(extreme)")
      do {
        let device = try DeviceSpecification(JSONDocument(text: changed, file: "x.json"))
        let model = DeviceModel(specification: device, shape: shape)
        for dtype in [DataType.bf16, .fp32] {
          let time = try model.predict(GEMMShape(m: 4096, k: 512, n: 1000), dtype)
          #expect(time.seconds.isFinite && time.low <= time.seconds && time.seconds <= time.high)
        }
      } catch let error as FileError {
        #expect(error.line != nil)
      } catch let error as UnsupportedOperation {
        #expect(error.kind == .impossible)
      }
    }
    #expect(count >= 25)
  }
}
