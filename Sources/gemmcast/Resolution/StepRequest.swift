internal import DeviceModels
internal import TransformerModels

/// A step that a forecast is asked of: its model, plan and options, and what answers `Get_Time`.
struct StepRequest {
  let model: ModelConfiguration
  let plan: ParallelPlan
  let options: StepOptions
  let models: TimeModels

  /// Resolves the options of a command line.
  ///
  /// - Parameters:
  ///   - plan: the model and its division.
  ///   - work: what is done.
  ///   - schedule: in which order.
  ///   - device: the device.
  ///   - numbers: the element types.
  ///   - layout: how a host's weights lie.
  ///   - tables: measured times.
  ///   - outputs: where results will go, which is checked before anything is forecast.
  /// - Throws: `Failure`, `FileError` or `ModelError` for what cannot be read or does not go together.
  init(
    _ plan: PlanOptions, work: WorkOptions, schedule: ScheduleOptions, device: DeviceOptions, numbers: NumberOptions,
    layout: WeightOptions, tables: TableOptions, outputs: [String]
  ) throws {
    var options = try schedule.stepOptions(work)
    options.gradientExchange = numbers.gradientDtype ?? options.gradientExchange
    self.options = options
    model = try plan.configuration()
    var device = device
    let types = try numbers.resolve(for: model, on: &device, work.mode)
    models = try TimeModels(
      tables: tables, device: device, for: .step(device.resolvedType),
      operands: HostOperands(nil, layout, of: device, model: model, ranks: plan.ranks))
    try Results.check(outputs)
    self.plan = try plan.plan(
      for: model, work: work, dtype: device.resolvedType, types: types, gpusPerNode: models.gpusPerNode)
    try StepCost.check(try StepSize(model: model, plan: self.plan, options: options))
  }
}
