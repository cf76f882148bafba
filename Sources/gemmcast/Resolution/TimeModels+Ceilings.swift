internal import DeviceModels
internal import GEMMTiming
internal import Reporting

extension TimeModels {
  /// The limits of what answers `Get_Time`, for roofline pictures.
  ///
  /// - Throws: `Failure` where neither a device nor a host is known.
  func ceilings(_ dtype: DataType) throws -> DeviceCeilings {
    if let specification { return DeviceCeilings(specification, dtype: dtype) }
    guard let host else { throw Failure(Failure.Status.noInput, "no timing table of a host is at hand") }
    return DeviceCeilings(host)
  }
}
