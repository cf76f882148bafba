internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import ModelFiles
internal import TransformerModels

/// `--plan`: shapes for `scripts/measure_gpu.py` instead of a measurement here.
struct DevicePlanOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Choose so many rows to measure on the GPU of --device, and write them; nothing is measured here.",
      valueName: "count"))
  var plan: Int?

  @Option(help: ArgumentHelp("With --plan: a built-in device or a device file (JSON).", valueName: "name|file"))
  var device: String?

  @Option(help: "With --plan: the element type; bf16 unless told otherwise.")
  var dtype: DataType?

  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "Measure this model's products besides, or with --plan count them beside the general shapes; repeat it for several.",
      valueName: "model"))
  var models: [String] = []

  func validate() throws {
    if plan == nil, device != nil || dtype != nil {
      throw ValidationError("--device and --dtype go with --plan; calibrate measures this machine")
    }
    if let plan {
      guard (1...10_000).contains(plan) else { throw ValidationError("--plan is \(plan); 1 to 10000 is expected") }
      guard device != nil else { throw ValidationError("--plan needs --device: the GPU to choose shapes for") }
    }
  }

  /// The planned shapes as a CSV with the columns m,k,n,batch,dtype; the most telling first.
  func csv(count: Int, on device: String, seed: UInt64, tables: TableOptions) throws -> String {
    let dtype = dtype ?? .bf16
    let specification = try DeviceSpecification.find(device)
    let inputs = try MeasuredInputs(tables, devices: [specification.name])
    guard let host = try inputs.hostModel() else {
      throw Failure(Failure.Status.noInput, "no timing table of a host is at hand; name one with --table")
    }
    let model = DeviceModel(specification: specification, shape: host.rooflineShape)
    let candidates =
      try Self.general(1000, on: specification, dtype, seed: seed)
      + models.flatMap { name in
        try Self.shapes(of: ModelConfiguration(named: name), dtype)
      }.filter { Self.isMeasurable($0, on: specification, dtype) }
    let chosen = try model.plan(count, of: candidates, dtype: dtype, seed: seed)
    return CSVDocument.serialize(
      header: ["m", "k", "n", "batch", "dtype"],
      rows: chosen.map { position in
        let shape = candidates[position]
        return [shape.m, shape.k, shape.n, shape.batch].map { String($0) } + [dtype.rawValue]
      })
  }

  /// Extents evenly spread on a logarithmic scale; most of them multiples of 16 or 64, as in models, and a fifth batched.
  private static func general(
    _ count: Int, on device: DeviceSpecification, _ dtype: DataType, seed: UInt64
  ) throws -> [GEMMShape] {
    var shapes: [GEMMShape] = []
    for (index, shape) in ShapeSequence(m: 1...32768, k: 32...16384, n: 32...16384, seed: seed).prefix(20 * count)
      .enumerated()
    {
      guard shapes.count < count else { break }
      func even(_ extent: Int) -> Int {
        extent < 16 || index.isMultiple(of: 4) ? extent : extent < 256 ? extent / 16 * 16 : extent / 64 * 64
      }
      // A batch of 2 to 64 in the place of rows.
      let batch = index.isMultiple(of: 5) ? min(shape.m, 2 << (index / 5 % 6)) : 1
      let candidate = try GEMMShape(
        m: even(max(1, shape.m / batch)), k: even(shape.k), n: even(shape.n), batch: batch)
      if isMeasurable(candidate, on: device, dtype) { shapes.append(candidate) }
    }
    return shapes
  }

  /// The linear layers of a model under tensor parallelism, from decoding to prefill.
  private static func shapes(of model: ModelConfiguration, _ dtype: DataType) throws -> [GEMMShape] {
    var shapes: Set<GEMMShape> = []
    for tp in [1, 2, 4, 8] {
      for tokens in [1, 16, 128, 1024, 4096] {
        let plan = try ParallelPlan(batch: 1, sequence: tokens).with(tp: tp, dtype: dtype, gpusPerNode: 8)
        // A degree that does not divide the model is not one that it runs with.
        guard let products = try? ModelProducts(model: model, plan: plan) else { continue }
        shapes.formUnion(products.kinds.flatMap(\.self).compactMap(\.shape))
      }
    }
    return shapes.sorted { ($0.m, $0.k, $0.n, $0.batch) < ($1.m, $1.k, $1.n, $1.batch) }
  }

  /// Whether operands and result take at most half of the memory, and the product a tenth of a second at the peak.
  private static func isMeasurable(_ shape: GEMMShape, on device: DeviceSpecification, _ dtype: DataType) -> Bool {
    guard let peak = device.peaks[dtype]?.value else { return true }
    return shape.bytes(dtype) <= device.memoryCapacity.value / 2 && shape.flops <= peak / 10
  }
}
