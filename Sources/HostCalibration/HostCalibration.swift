// HostCalibration
