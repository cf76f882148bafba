internal import GEMMTiming
internal import TransformerModels

extension RuntimeReport {
  /// The report as one HTML page with its pictures: nothing is loaded from elsewhere.
  ///
  /// - Parameter ceilings: the device's limits, for the roofline.
  /// - Returns: the page, which is well-formed XML as well. O(size of the text + nodes · log cells).
  public func html(ceilings: DeviceCeilings) -> String {
    var document = document
    document.add(compositionPicture, under: "Longest Path Analysis")
    if let roofline = rooflinePicture(ceilings) { document.add(roofline, under: "Matrix Multiplication Operations") }
    for picture in schedulePictures { document.add(picture, under: "Runtime Calculation") }
    if let memoryPicture { document.add(memoryPicture, under: "Memory over Time") }
    return document.html()
  }

  /// The layer's GEMMs under the device's ceilings; nil where the device has no ceiling for the element type.
  public func rooflinePicture(_ ceilings: DeviceCeilings) -> Picture? {
    let points = [estimate, comparison].compactMap(\.self).enumerated().flatMap { index, estimate in
      estimate.gemms.compactMap { gemm -> RooflinePicture.Point? in
        guard let shape = gemm.operation.shape else { return nil }
        let prediction = gemm.prediction
        return RooflinePicture.Point(
          names: [gemm.operation.name], intensity: shape.arithmeticIntensity(estimate.plan.dtype),
          rate: shape.flops / prediction.seconds, lowRate: shape.flops / prediction.high,
          highRate: shape.flops / prediction.low, isRing: index > 0)
      }
    }
    let series =
      comparison.map {
        " Dots: \(Self.title(estimate.plan.sharding)); rings: \(Self.title($0.plan.sharding)) where it differs."
      } ?? ""
    return RooflinePicture(ceilings, points: points)?.drawn(
      title: "Roofline of a layer's matrix multiplications on \(ceilings.device)",
      caption: "Intensity counts the compulsory traffic; vertical bars are the 90 % intervals.\(series)")
  }

  /// What the critical path and the schedule's chain are made of.
  public var compositionPicture: Picture { CompositionPicture(estimate).drawn() }

  /// Memory of each stage over time; nil until the report explains the step.
  public var memoryPicture: Picture? {
    guard let explanation else { return nil }
    return MemoryPicture(explanation.memory, makespan: estimate.schedule.makespan, capacity: memory.capacity)?.drawn()
  }

  /// The schedule over time: the whole step, then one layer of each direction.
  public var schedulePictures: [Picture] {
    let details = [PipelineCell.Kind.forward, .backward].compactMap { kind in
      LayerStretch(estimate, pass: kind).flatMap { TimelinePicture.layer(estimate, stretch: $0) }
    }
    return [TimelinePicture.whole(estimate)] + details
  }
}

extension Document {
  /// Adds a picture at the end of the section with that heading, or of the last one where there is none.
  mutating func add(_ picture: Picture, under heading: String) {
    guard let index = sections.firstIndex(where: { $0.heading == heading }) ?? sections.indices.last else { return }
    sections[index].blocks.append(.picture(picture))
  }
}
