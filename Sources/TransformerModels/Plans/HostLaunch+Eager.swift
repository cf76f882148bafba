extension HostLaunch {
  /// PyTorch in eager mode running Megatron's layers, launched operation by operation from Python.
  ///
  /// Three constants of lowest mean error, and a spread that holds 90 % of the errors, over 698 single-node steps of
  /// small models on A100s that vTrain publishes (Bang et al., MICRO 2024, MIT licence). An operation of the graph is a
  /// few kernels of PyTorch, which is why it costs more than the 5 to 10 µs of one. How they were found, and the errors
  /// on groups held out of the fit: <doc:StepAccuracy>.
  public static let eager = HostLaunch(operation: 63e-6, pass: 0.7e-3, knee: 5, spread: 1.25)
}
