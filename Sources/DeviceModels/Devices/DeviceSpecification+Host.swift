public import GEMMTiming

extension RooflineShape {
  /// The fractions that GPUs were published to reach: of the peak in long GEMMs 0.60 (MI300X) to 0.98, of the bandwidth
  /// in streams 0.69 (P4) to 0.95; sources in the device files.
  static let deviceFractions = (compute: 0.6...1.0, bandwidth: 0.69...0.95)

  /// The shape with its fractions held to what GPUs reach: no host, however measured, can move a GPU out of that range.
  ///
  /// The knee is held where it is used, ``GEMMParameters``.
  public var heldToDevices: RooflineShape {
    func held(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      min(max(value, range.lowerBound), range.upperBound)
    }
    return RooflineShape(
      computeFraction: held(computeFraction, Self.deviceFractions.compute),
      bandwidthFraction: held(bandwidthFraction, Self.deviceFractions.bandwidth), kneeSharpness: kneeSharpness)
  }

  /// A shape for devices whose files leave nothing to a host: their predictions do not depend on it.
  public static let unused = RooflineShape(computeFraction: 0.85, bandwidthFraction: 0.85, kneeSharpness: 3)
}

extension DeviceSpecification {
  /// Which of a device's operations are asked for.
  public enum Question: Sendable {
    /// GEMMs of these element types.
    case gemms([DataType])
    /// A whole step in one element type: GEMMs, passes over memory, attention.
    case step(DataType)
  }

  /// Whether the answer depends on a measured host: where rows of GPUs taught the device file too little.
  ///
  /// O(fits of the file).
  public func needsHost(for question: Question, detail: DeviceModel.Detail = .shipped) -> Bool {
    switch (detail, question) {
    case (.roofline, _): return false
    case (.ceilings, _), (.tiles, .step): return true
    case (.tiles, .gemms(let dtypes)): return dtypes.contains { peaks[$0] != nil && needsHost($0, usesFits: false) }
    case (.shipped, .gemms(let dtypes)): return dtypes.contains { peaks[$0] != nil && needsHost($0, usesFits: true) }
    case (.shipped, .step(let dtype)):
      let kinds = Set(memoryFits.flatMap(\.kinds))
      return needsHost(dtype, usesFits: true) || attentionFits.isEmpty
        || !kinds.isSuperset(of: MemoryTraffic.Kind.allCases)
    }
  }

  /// Whether GEMMs of an element type reach what a host says of its ceiling, itself or by fp32's kernels that stand in.
  private func needsHost(_ dtype: DataType, usesFits: Bool) -> Bool {
    func isKnown(_ type: DataType) -> Bool {
      (usesFits && gemmFit(for: type) != nil)
        || (usesMatrixUnits(type) ? sustainedMatmulFraction : sustainedVectorFraction) != nil
    }
    let isTaught = usesFits && gemmFit(for: dtype) != nil
    return !isKnown(dtype) || (usesMatrixUnits(dtype) && !isTaught && peaks[.fp32] != nil && !isKnown(.fp32))
  }
}
