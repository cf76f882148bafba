internal import GEMMTiming

extension DeviceModel {
  /// Fused attention: launch + the knee of its flops and its compulsory bytes.
  func time(_ attention: AttentionShape, _ dtype: DataType) throws(UnsupportedOperation) -> TimePrediction {
    roofline(compute: attention.flops / (try requiredPeak(dtype)), bytes: attention.bytes(dtype))
  }
}
