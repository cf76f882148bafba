internal import GEMMTiming
internal import HostCalibration
internal import TransformerModels

/// The products of a model's layers that a host is measured for: each weight, whole and as 2, 4 and 8 ranks have it.
struct MeasuredProducts {
  /// Each with its weight from memory, stored either way, and called again and again.
  let items: [ShapeList.Item]

  /// Rows that a forecast is asked for most often: decoding one sequence and some, and prompts.
  private static let rows = [1, 8, 32, 128, 512]

  /// The products of one model.
  ///
  /// - Throws: `ModelError` for a model of which no plan has a layer.
  init(of model: ModelConfiguration) throws {
    var shapes: Set<GEMMShape> = []
    for tp in [1, 2, 4, 8] {
      for tokens in Self.rows {
        let plan = try ParallelPlan(batch: 1, sequence: tokens).with(tp: tp, dtype: .fp32, gpusPerNode: 8)
        // A degree that does not divide the model is not one that it runs with; one rank is checked.
        let products: ModelProducts
        do { products = try ModelProducts(model: model, plan: plan) } catch {
          if tp == 1 { throw error }
          continue
        }
        for operation in products.kinds.flatMap(\.self) {
          guard case .gemm(let shape, _, .weight) = operation.operation else { continue }
          shapes.insert(try GEMMShape(m: shape.m, k: shape.k, n: shape.n))
        }
      }
    }
    let sorted = shapes.sorted { ($0.m, $0.k, $0.n) < ($1.m, $1.k, $1.n) }
    items = sorted.flatMap { shape in
      [
        ShapeList.Item(shape: shape), ShapeList.Item(shape: shape, cache: .sequence),
        ShapeList.Item(shape: shape, cache: .sequence, layout: .nt),
      ]
    }
  }
}
