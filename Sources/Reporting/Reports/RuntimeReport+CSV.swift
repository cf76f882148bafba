internal import DataFiles
internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

extension RuntimeReport {
  /// The columns of ``csv()``.
  public static let columns = [
    "position", "node", "op", "layer", "stage", "m", "k", "n", "batch", "start_us", "time_us", "time_lo_us",
    "time_hi_us",
    "bound", "source",
  ]

  /// The critical path of one micro-batch as CSV: a row a node, in order, with its start and its time.
  ///
  /// `layer` is empty outside the layers, `m,k,n,batch` for what is no GEMM; `lo` and `hi` are the ends of the 90 %
  /// interval.
  public func csv() -> String {
    let pass = estimate.pass
    return CSVDocument.serialize(
      header: Self.columns,
      rows: estimate.criticalPath.tasks.enumerated().lazy.map { position, node in
        let operation = pass.operation(of: node)
        let prediction = pass.prediction(of: node)
        let shape = operation.shape.map { [$0.m, $0.k, $0.n, $0.batch].map(String.init) } ?? ["", "", "", ""]
        return [
          String(position), pass.name(of: node), operation.name, pass.layer(of: node).map(String.init) ?? "",
          String(pass.stage(of: node)),
        ] + shape + [TimingTable.microseconds(estimate.criticalPath.earliestStart[node])]
          + prediction.microsecondFields + [prediction.bound.rawValue, prediction.source.rawValue]
      })
  }
}
