internal import ArgumentParser
internal import DeviceModels
internal import Reporting
internal import TransformerModels

/// `gemmcast table`: a model and a plan in, the Get_Time table of its GEMMs out.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "List every GEMM of a model with its Get_Time.",
    discussion: """
      As text, the GEMMs of each kind of layer and of the head; as CSV, those of every layer and of the head, for one \
      micro-batch on one GPU. With --mode training, those of the backward pass as well.

        gemmcast table reference --sharding documented --format csv
        gemmcast table llama-3.1-70b --tp 8 --seq 4096 --batch 1 --device h200-sxm-141gb
        gemmcast table llama-3.1-8b --mode training --attention fused --batch 1
        gemmcast table llama-3.1-8b --mode decode --context 8192 --batch 64
        gemmcast table mixtral-8x7b --tp 2 --dp 4 --ep 8 --etp 1 --batch 4 --seq 4096 --attention fused
        gemmcast table llama-3.1-8b --dtype fp8 --cp 4 --attention fused --batch 1 --seq 32768
      """)

  enum Format: String, OutputFormat { case text, markdown, csv }

  @OptionGroup var model: ModelArgument
  @OptionGroup var plan: PlanOptions
  @OptionGroup var work: WorkOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup(title: "Element types") var numbers: NumberOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var place: CacheOptions
  @OptionGroup var layout: WeightOptions
  @OptionGroup var output: OutputOptions<Format>

  func run() throws {
    let model = try plan.configuration(of: model.model)
    var device = device
    let types = try numbers.resolve(for: model, on: &device, work.mode)
    let models = try TimeModels(
      tables: tables, device: device, for: .gemms([device.resolvedType]),
      operands: HostOperands(place, layout, of: device, model: model, ranks: plan.ranks))
    let plan = try plan.plan(
      for: model, work: work, dtype: device.resolvedType, types: types, gpusPerNode: models.gpusPerNode)
    let table = try GetTimeTable(model: model, plan: plan, options: work.stepOptions, device: models.device)
    for note in try plan.validate(model, options: work.stepOptions) { Diagnostics.note("Note: \(note)") }
    switch output.format {
    case .csv: try output.write(table.csv())
    case .markdown: try output.write(table.layerTable().markdown)
    case .text:
      try output.write(table.layerTable().text)
      for sentence in models.provenance { Diagnostics.note(sentence) }
    }
  }
}
