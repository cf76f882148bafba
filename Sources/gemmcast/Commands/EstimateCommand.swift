internal import ArgumentParser
internal import DataFiles
internal import HostCalibration
internal import Reporting
internal import RooflineModels
internal import TransformerModels

/// `gemmcast estimate`: a model, a plan and a device in, the runtime report out.
struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Report how long a model takes on a device, why, and whether it fits.",
    discussion: """
      The report of the step's DAG: its critical path, Get_Time of every GEMM, three totals and why they differ, memory, \
      and an audit. As CSV, the nodes of the critical path; as JSON, all figures; as HTML, one page with pictures.

        gemmcast estimate reference
        gemmcast estimate reference --micro-batches 1024 --device h200-sxm-141gb --format markdown --output report.md
        gemmcast estimate reference --format html --output report.html --trace trace.json
        gemmcast estimate llama-3.1-70b --tp 8 --pp 2 --batch 64 --seq 4096 --micro-batches 16
      """)

  @OptionGroup var plan: PlanOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "How finely the critical path is printed.")
  var path: PathLevel = .document

  @Option(help: ArgumentHelp("Also write the schedule as a Chrome trace, for ui.perfetto.dev.", valueName: "file"))
  var trace: String?

  func run() throws {
    try output.require([.text, .markdown, .json, .csv, .html], of: "estimate")
    let model = try plan.configuration()
    let models = try TimeModels(tables: tables, device: device)
    let plan = try plan.plan(for: model, dtype: device.resolvedType, gpusPerNode: models.gpusPerNode)
    var report = try RuntimeReport(
      model: model, plan: plan, device: models.device, capacity: try models.capacity(), pathLevel: path,
      provenance: models.provenance)
    if !device.isHost {
      report.basis = try RuntimeReport.Basis(
        models: models.ablation, host: (models.host, models.host.group.dtype), model: model, plan: plan)
    }
    if let trace { try TextFile.write(ChromeTrace(report.estimate).json(), to: trace) }
    switch output.format {
    case .text: try output.write(report.document.text())
    case .html: try output.write(report.html(ceilings: models.ceilings(plan.dtype)))
    case .markdown: try output.write(report.document.markdown())
    case .json: try output.write(report.json())
    case .csv: try output.write(report.csv())
    }
  }
}
