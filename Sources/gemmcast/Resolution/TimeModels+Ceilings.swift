internal import GEMMTiming
internal import Reporting
internal import RooflineModels

extension TimeModels {
  /// The limits of what answers `Get_Time`, for roofline pictures.
  func ceilings(_ dtype: DataType) -> DeviceCeilings {
    if let specification { return DeviceCeilings(specification, dtype: dtype) }
    return DeviceCeilings(host)
  }
}
