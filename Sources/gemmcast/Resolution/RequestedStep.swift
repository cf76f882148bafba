internal import DeviceModels
internal import GEMMTiming
internal import TransformerModels

/// A step that the command line asks about: the model, its division, the work, and what times it.
struct RequestedStep {
  let model: ModelConfiguration
  let plan: ParallelPlan
  let options: StepOptions
  /// What times it.
  let models: TimeModels

  /// Reads the model, the device and the tables, and checks that results can be written and that the step is not too large.
  ///
  /// - Throws: `Failure` or `FileError` for options that do not go together and for what cannot be read, `ModelError` for
  ///   a plan that no step has.
  init(
    of model: String, _ plan: PlanOptions, _ work: WorkOptions, _ schedule: ScheduleOptions, _ numbers: NumberOptions,
    device: DeviceOptions, system: SystemOptions, tables: TableOptions, layout: WeightOptions,
    outputs: [String] = []
  ) throws {
    try system.attention.check(work.attention)
    var options = try schedule.stepOptions(work)
    options.gradientExchange = numbers.gradientDtype ?? options.gradientExchange
    let model = try plan.configuration(of: model)
    var device = device
    let types = try numbers.resolve(for: model, on: &device, work.mode)
    models = try TimeModels(
      tables: tables, device: device, for: .step(device.resolvedType),
      operands: HostOperands(nil, layout, of: device, model: model, ranks: plan.ranks), system: system)
    try Results.check(outputs)
    self.plan = try plan.plan(
      for: model, work: work, dtype: device.resolvedType, types: types, gpusPerNode: models.gpusPerNode)
    (self.model, self.options) = (model, options)
    try StepCost.check(try StepSize(model: model, plan: self.plan, options: options))
  }
}
