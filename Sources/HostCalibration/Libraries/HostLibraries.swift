/// The libraries that measuring needs and forecasts do without.
public enum HostLibraries {
  /// Refuses to go on where OpenBLAS or hwloc cannot be loaded.
  ///
  /// - Throws: ``CalibrationError/unavailable(_:)``, which says what to install.
  public static func require() throws(CalibrationError) {
    if let problem = OpenBLAS.problem { throw .unavailable(problem) }
    guard HwlocFunctions.areLoaded else { throw .unavailable(HwlocFunctions.advice) }
  }
}
