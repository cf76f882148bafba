import CalibrationData
import DataFiles
import Foundation
import GEMMTiming
import Testing

@testable import RooflineModels

struct DeviceSpecificationTests {
  @Test func everyShippedFileIsReadAndNamedAfterItself() throws {
    let names = DeviceSpecification.builtInNames
    #expect(
      Set(names).isSuperset(of: [
        "h100-sxm-80gb", "h200-sxm-141gb", "a100-sxm-80gb", "b200-sxm", "v100-pcie-32gb", "t4", "l40s", "mi300x",
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
    for name in ["h200-sxm-141gb", "b200-sxm", "gb200", "h100-pcie-80gb"] {
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
}
