internal import ArgumentParser
internal import DeviceModels
internal import GEMMTiming
internal import Reporting
internal import TransformerModels

/// `--for`: rows of all kinds, chosen for one model's step instead of GEMMs in general.
struct StepPlanOptions: ParsableArguments {
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "With --plan: choose rows of all kinds by what they bring to this model's step, divided as for estimate.",
      valueName: "model"))
  var model: String?

  @OptionGroup(title: "The step of --for, as estimate has it") var plan: PlanOptions
  @OptionGroup(title: "Its work") var work: WorkOptions
  @OptionGroup(title: "Its schedule") var schedule: ScheduleOptions
  @OptionGroup(title: "Its element types") var numbers: NumberOptions
  @OptionGroup(title: "Its system") var system: SystemOptions

  func validate() throws {
    let given = plan.given + work.given + schedule.given + numbers.given + system.given
    guard model != nil || given.isEmpty else {
      throw ValidationError("\(given.joined(separator: ", ")): of a step; name its model with --for")
    }
  }

  /// The rows for a step of `model` on a device as a CSV, the most telling first; says what they are expected to bring.
  func csv(_ count: Int, for model: String, on device: String, dtype: DataType?) throws -> String {
    let device = try DeviceOptions.parse(["--device", device] + (dtype.map { ["--dtype", $0.rawValue] } ?? []))
    guard !device.isHost else {
      throw Failure.usage(
        "--device is host; --plan is for GPUs, and calibrate --model measures a model's products here")
    }
    let step = try RequestedStep(
      of: model, plan, work, schedule, numbers, device: device, system: system,
      tables: TableOptions.parse([]), layout: WeightOptions.parse([]))
    guard let gpu = step.models.device as? DeviceModel else { throw Failure.usage("--plan is for GPUs") }
    let estimate = try StepEstimate(model: step.model, plan: step.plan, options: step.options, timeModel: gpu)
    let planned = gpu.plan(
      count,
      for: estimate.chainOperations.map { StepPart($0.operation, seconds: $0.seconds, prediction: $0.prediction) },
      activation: step.plan.types.activation, sharedVariance: StepUncertainty.sharedVariance,
      stepDeviation: StepUncertainty.wholeStepDeviation)
    guard !planned.rows.isEmpty else {
      throw Failure(
        Failure.Status.badData,
        "\(gpu.deviceName): its device file has no fit that rows of this step's operations would move; plan without "
          + "--for")
    }
    for sentence in planned.sentences(asked: count, seconds: estimate.schedule.makespan) { Diagnostics.note(sentence) }
    return planned.csv(device: gpu.deviceName)
  }
}
