public import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
public import Reporting
internal import TransformerModels

/// `gemmcast estimate`: a model, a plan and a device in, the runtime report out.
struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Report how long a model takes on a device, why, and whether it fits.",
    discussion: """
      The report of the step's DAG: its critical path, Get_Time of every GEMM, three totals and why they differ, what \
      decides the step and what would help, memory over time, and an audit. As CSV, the nodes of the critical path or \
      what --rows says; as JSON, all figures; as HTML, one page with pictures.

        gemmcast estimate reference
        gemmcast estimate reference --micro-batches 16 --what-if op=mlp2:0.9 --what-if op=attn_allreduce:0.9
        gemmcast estimate reference --micro-batches 1024 --device h200-sxm-141gb --format markdown --output report.md
        gemmcast estimate reference --format html --output report.html --trace trace.json

      A training step; what makes it fit; the same with a slow node and without overlap; an interleaved schedule:

        gemmcast estimate gpt3-175b --mode training --tp 8 --pp 16 --dp 8 --batch 1024 --seq 2048 --micro-batches 128 \\
          --attention fused --sequence-parallel --recompute selective --zero 1
        gemmcast estimate llama-3.1-8b --mode training --tp 4 --pp 2 --dp 2 --batch 64 --micro-batches 32 \\
          --straggler stage1=1.2 --no-overlap
        gemmcast estimate llama-3.1-70b --mode training --attention fused --tp 8 --pp 4 --batch 64 --micro-batches 64 \\
          --schedule interleaved --interleave 4 --rows what-ifs --format csv

      A mixture of experts, each of which is whole on one of 8 GPUs; fp8 with every sequence cut in 4 parts:

        gemmcast estimate mixtral-8x7b --mode training --attention fused --tp 2 --pp 2 --dp 4 --ep 8 --etp 1 \\
          --batch 64 --micro-batches 16 --sequence-parallel --recompute selective --zero 1
        gemmcast estimate llama-3.1-8b --mode training --attention fused --dtype fp8 --tp 2 --cp 4 --batch 8 \\
          --seq 32768 --micro-batches 8 --zero 1

      Only where rows of the GPU check nine tenths of the time:

        gemmcast estimate llama-3.1-8b --device l40s --table l40s.csv --max-unchecked 10

      Experts shared out over 8 nodes, of which 4 share leaf switches, under a spine that carries a seventh:

        gemmcast estimate mixtral-8x7b --mode training --attention fused --tp 8 --dp 64 --ep 8 --batch 256 \\
          --micro-batches 4 --rail-nodes 4 --spine-oversubscription 7

      Inference: prompts of 8192 tokens, then one further token of each of 64 sequences:

        gemmcast estimate llama-3.1-70b --mode prefill --attention fused --tp 8 --seq 8192
        gemmcast estimate llama-3.1-70b --mode decode --attention fused --tp 8 --batch 64 --context 8192
        gemmcast estimate llama-3.1-8b --mode prefill --attention fused --attention-kernel serving --seq 1024
      """)

  enum Format: String, OutputFormat { case text, markdown, json, csv, html }

  @OptionGroup var model: ModelArgument
  @OptionGroup var plan: PlanOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Schedule and memory") var schedule: ScheduleOptions
  @OptionGroup(title: "Questions") var questions: QuestionOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var system: SystemOptions
  @OptionGroup(title: "Element types") var numbers: NumberOptions
  @OptionGroup var layout: WeightOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var output: OutputOptions<Format>

  @Option(help: "How finely the critical path is printed.")
  var path: PathLevel = .document

  @Option(help: "With --format csv: what its rows are; the nodes of the critical path unless told otherwise.")
  var rows: RuntimeReport.Rows?

  @Option(
    help: ArgumentHelp(
      "Also write the schedule as a Chrome trace, for ui.perfetto.dev: gzip where the name ends in .gz; - is standard "
        + "output, and a report that goes there gives way to standard error.", valueName: "file"))
  var trace: String?

  @Option(
    name: .customLong("max-unchecked"),
    help: ArgumentHelp(
      "Exit with code 1 when more of the time than this rests on figures that no row of the device checks.",
      valueName: "percent"))
  var mostUnchecked: Double?

  /// Steps of more nodes than this are not forecast again by models that know less: each would take as long.
  private static let largestComparison = 1_000_000

  func validate() throws {
    if let mostUnchecked, !(mostUnchecked >= 0 && mostUnchecked.isFinite) {
      throw ValidationError("--max-unchecked is \(mostUnchecked); a percentage of at least 0 is expected")
    }
  }

  func run() throws {
    if rows != nil, output.format != .csv {
      throw Failure.usage("--rows is for --format csv; --format is \(output.format.rawValue)")
    }
    let step = try RequestedStep(
      of: model.model, plan, work, schedule, numbers, device: device, system: system, tables: tables,
      layout: layout, outputs: [output.output] + [trace].compactMap { $0 == "-" ? nil : $0 })
    let (model, plan, options, models) = (step.model, step.plan, step.options, step.models)
    var report = try RuntimeReport(
      model: model, plan: plan, options: options, device: models.device, capacity: try models.capacity(),
      isHost: device.isHost, pathLevel: path, provenance: models.provenance)
    try report.explain(try questions.questions(report.estimate), device: models.device)
    if !device.isHost {
      let compares = report.estimate.step.nodeCount <= Self.largestComparison
      report.basis = try RuntimeReport.Basis(
        models: compares ? models.ablation : [], host: models.host.map { ($0, $0.group.dtype) }, model: model,
        plan: plan,
        options: options)
    }
    if let trace { try Results.write(ChromeTrace(report.estimate).json(), to: trace, mayCompress: true) }
    let result =
      switch output.format {
      case .text: report.document.text()
      case .html: try report.html(ceilings: models.ceilings(plan.dtype))
      case .markdown: report.document.markdown()
      case .json: report.json()
      case .csv: report.csv(rows ?? .path)
      }
    if output.format == .csv { for note in report.estimate.notes { Diagnostics.note("Note: \(note)") } }
    if trace == "-", output.output == "-" { Diagnostics.text(result) } else { try output.write(result) }
    try judge(report.estimate.sourceShares)
  }

  /// Ends with 1 when too much of the time rests on what no row checks.
  private func judge(_ sources: SourceShares) throws {
    guard let mostUnchecked, 100 * sources.uncheckedShare > mostUnchecked else { return }
    Diagnostics.error(
      "\(FixedPoint.text(100 * sources.uncheckedShare, decimals: 1)) % of the time rests on figures that no row of the device "
        + "checks, above --max-unchecked \(FixedPoint.text(mostUnchecked, decimals: 1))")
    throw ExitCode(1)
  }
}

extension RuntimeReport.Rows: ExpressibleByArgument {}
