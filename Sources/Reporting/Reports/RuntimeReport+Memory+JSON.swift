internal import DataFiles
internal import TransformerModels

extension RuntimeReport {
  /// What a GPU needs, what the runtime keeps, and what would fit.
  var memoryValue: JSONText {
    let reserve = memory.reserve
    var members: [(String, JSONText)] = [
      ("fits", .bool(memory.fits)), ("capacity_bytes", .number(memory.capacity)),
      ("worst_stage", .integer(memory.worst.stage)), ("needed_bytes", .number(memory.worst.total)),
      (
        "items",
        .object(
          MemoryEstimate.Item.allCases.filter { memory.worst[$0] > 0 }.map {
            (Self.key($0.rawValue), .number(memory.worst[$0]))
          })
      ),
      ("largest_fitting_batch", memory.largestBatch.map { .integer($0.batch) } ?? .null),
      ("smallest_fitting_micro_batches", memory.smallestFit.map { .integer($0.microBatches) } ?? .null),
      ("reserve_bytes", .number(reserve.total)),
      (
        "reserve",
        .object(
          RuntimeReserve.Part.allCases.filter { reserve[$0] > 0 }.map {
            (Self.key($0.rawValue), .number(reserve[$0]))
          })
      ),
      ("fits_with_reserve", .bool(memory.fitsWithReserve)),
    ]
    if let room = memory.room {
      members += [
        ("largest_batch", room.batch.map { .integer($0.count) } ?? .null),
        ("longest_context", longestContext.map { .integer($0) } ?? .null),
        ("kv_tokens", room.tokens.map { .integer($0) } ?? .null),
      ]
    }
    if !memory.kept.isEmpty { members.append(("tensors", .array(zip(estimate.kinds, memory.kept).map(Self.kept)))) }
    return .object(members)
  }

  /// What one layer of a kind keeps for its backward pass, by operation.
  private static func kept(by kind: CostedLayer, _ kept: [KeptTensors]) -> JSONText {
    .object([
      ("layers", .string(kind.layersText)), ("count", .integer(kind.count)),
      ("kept_bytes", .object(kept.map { ($0.operation, .number($0.bytes)) })),
    ])
  }

  /// `optimizer_state_bytes` of an item's or a part's name.
  private static func key(_ name: String) -> String {
    name.split(separator: " ").joined(separator: "_") + "_bytes"
  }
}
