import Foundation
import GEMMTiming
import Testing
import TransformerModels

@testable import Reporting

@Suite struct PictureTests {
  /// Everything that a report draws, for forward and training steps, folded and not.
  private static func pictures() throws -> [Picture] {
    var pictures: [Picture] = []
    for report in [
      try ReportFixture.reference(), try ReportFixture.reference(microBatches: 64),
      try ReportFixture.training(.oneForwardOneBackward), try ReportFixture.training(.interleaved(chunks: 2)),
      try ReportFixture.training(.zeroBubble, pp: 1),
    ] {
      pictures += report.schedulePictures + [report.compositionPicture]
      pictures.append(try #require(report.rooflinePicture(ReportFixture.ceilings)))
    }
    return pictures
  }

  @Test func everyPictureIsWellFormedAndDrawsNothingOutside() throws {
    for picture in try Self.pictures() {
      let xml = ParsedXML(picture.svg())
      #expect(xml.fault == nil, "\(picture.title): \(xml.fault ?? "")")
      #expect(xml.named("svg").first?.number("width") == picture.width)
      for box in xml.named("rect") {
        let x = box.number("x") ?? 0, y = box.number("y") ?? 0
        let width = try #require(box.number("width")), height = try #require(box.number("height"))
        #expect(width >= 0 && height > 0 && x >= 0 && y >= 0)
        #expect(x + width <= picture.width + 0.02 && y + height <= picture.height + 0.02, "\(picture.title): \(box)")
      }
      for mark in xml.elements where mark.name == "text" || mark.name == "circle" || mark.name == "line" {
        for name in ["x", "x1", "x2", "cx"] {
          if let x = mark.number(name) { #expect((0...picture.width).contains(x), "\(picture.title): \(mark)") }
        }
        for name in ["y", "y1", "y2", "cy"] {
          if let y = mark.number(name) { #expect((0...picture.height).contains(y), "\(picture.title): \(mark)") }
        }
      }
    }
  }

  @Test func blocksOfALaneDoNotOverlap() throws {
    let kinds = Set(Activity?.drawn.map(\.style))
    for picture in try Self.pictures() where !picture.title.hasPrefix("Roofline") {
      let lanes = Dictionary(
        grouping: ParsedXML(picture.svg()).named("rect").filter { kinds.contains($0.attributes["class"] ?? "") },
        by: { $0.attributes["y"] ?? "" })
      for boxes in lanes.values {
        let sorted = boxes.compactMap { box in box.number("x").map { ($0, $0 + (box.number("width") ?? 0)) } }
          .sorted { $0.0 < $1.0 }
        for (left, right) in zip(sorted, sorted.dropFirst()) {
          #expect(left.1 <= right.0 + 0.02, "\(picture.title)")
        }
      }
    }
  }

  @Test func picturesStayBoundedAndAreTheSameTwice() throws {
    let report = try ReportFixture.training(.oneForwardOneBackward, pp: 8, microBatches: 64)
    let whole = try #require(report.schedulePictures.first)
    #expect(ParsedXML(whole.svg()).named("rect").count < 2 * TimelinePicture.maximumBlocks)
    #expect(report.schedulePictures.first?.svg() == whole.svg())
  }

  @Test func aRooflineNamesEveryGEMMAndCeiling() throws {
    let report = try ReportFixture.reference()
    let xml = ParsedXML(try #require(report.rooflinePicture(ReportFixture.ceilings)).svg())
    let names = xml.named("text").flatMap { $0.text.components(separatedBy: ", ") }
    for gemm in report.estimate.gemms { #expect(names.contains(gemm.operation.name)) }
    #expect(names.contains("bf16 peak") && names.contains("sustained"))
    // Nothing to draw on is no picture and no trap.
    #expect(report.rooflinePicture(DeviceCeilings(device: "none", compute: [], memory: [])) == nil)
  }

  @Test func compositionsAddUpToTheWhole() throws {
    for report in [try ReportFixture.reference(), try ReportFixture.training(.gPipe)] {
      let xml = ParsedXML(report.compositionPicture.svg())
      let stacked = xml.named("rect").filter { $0.attributes["height"] == "26" }
      let bars = Dictionary(grouping: stacked) { $0.attributes["y"] ?? "" }
      #expect(bars.count == 2)
      for parts in bars.values {
        #expect(abs(parts.reduce(0) { $0 + ($1.number("width") ?? 0) } - 570) < 0.1)
      }
    }
  }

  @Test func labelsKeepTheirDistance() {
    let places = RooflinePicture.spread([5, 5, 6, 90, 99], height: 10, within: 0...100)
    #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 10 - 1e-9 })
    #expect(places.allSatisfy { $0 >= 0 && $0 + 10 <= 100 })
  }

  @Test func linesToLabelsDoNotCross() {
    var state: UInt64 = 7
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }
    for _ in 0..<50 {
      let points = (0..<9).map { _ in (x: 100 * random(), y: 100 * random()) }
      let places = (0..<9).map { Double($0) * 12 }
      let order = RooflinePicture.uncrossed(points, column: (x: 120, places: places))
      #expect(order.sorted() == Array(0..<9))
      for a in 0..<9 {
        for b in 0..<a {
          // Two lines from the column cross when, at the x of the nearer point, their order has changed.
          let (near, far) = points[a].x > points[b].x ? (a, b) : (b, a)
          let fraction = (points[near].x - points[far].x) / (120 - points[far].x)
          let height = points[far].y + fraction * (places[order[far]] - points[far].y)
          #expect((points[near].y < height) == (places[order[near]] < places[order[far]]))
        }
      }
    }
  }
}
