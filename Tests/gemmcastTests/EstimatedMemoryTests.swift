import DataFiles
import Testing

/// What the JSON of an estimate says of memory, against asking again with what it names.
@Suite struct EstimatedMemoryTests {
  let table: String

  init() throws { table = try PlantedHost.fitted() }

  private func memory(_ arguments: [String]) throws -> JSONValue {
    let result = try BuiltCommand.run(["estimate"] + arguments + ["--format", "json", "--table", table])
    #expect(result.status == 0, "\(result.diagnostics)")
    return try JSONDocument(text: result.output, file: "estimate").root.required("memory")
  }

  /// An object's members, which are numbers.
  private func numbers(_ object: JSONValue) throws -> [String: Double] {
    try Dictionary(uniqueKeysWithValues: object.keys.map { ($0, try object.required($0).double()) })
  }

  private static let serving = [
    "llama-3.1-8b", "--device", "h100-sxm-80gb", "--attention", "fused", "--mode",
  ]

  /// One more than the largest does not fit, and the largest does.
  private func expectTheLast(_ count: Int, _ arguments: (Int) -> [String]) throws {
    #expect(try memory(Self.serving + arguments(count)).required("fits_with_reserve").bool())
    #expect(try !memory(Self.serving + arguments(count + 1)).required("fits_with_reserve").bool())
  }

  @Test func theLargestBatchAndTheLongestContextOfDecodeAreTheLastThatFit() throws {
    let asked = try memory(Self.serving + ["decode", "--batch", "8", "--context", "4096"])
    let batch = try asked.required("largest_batch").integer()
    let context = try asked.required("longest_context").integer()
    try expectTheLast(batch) { ["decode", "--batch", "\($0)", "--context", "4096"] }
    try expectTheLast(context) { ["decode", "--batch", "8", "--context", "\($0)"] }
    // Tokens are counted with the one that is made, and no batch of whole sequences holds more of them than there are.
    let tokens = try asked.required("kv_tokens").integer()
    #expect(8 * (context + 1) <= tokens && tokens < 8 * (context + 2))
    #expect(batch * 4097 <= tokens)
  }

  @Test func theLargestBatchOfPrefillIsTheLastThatFits() throws {
    let asked = try memory(Self.serving + ["prefill", "--batch", "2", "--seq", "2048"])
    try expectTheLast(asked.required("largest_batch").integer()) { ["prefill", "--batch", "\($0)", "--seq", "2048"] }
  }

  @Test(arguments: [["prefill", "--seq", "1024"], ["training", "--seq", "1024", "--zero", "1"]])
  func theReserveIsTheSumOfItsPartsAndDecidesWhatFits(work: [String]) throws {
    let memory = try memory(Self.serving + work)
    let reserve = try memory.required("reserve_bytes").double()
    let parts = try Array(numbers(memory.required("reserve")).values)
    #expect(abs(parts.reduce(0, +) / reserve - 1) < 1e-9 && parts.count > 1)
    let fits = try memory.required("needed_bytes").double() + reserve <= memory.required("capacity_bytes").double()
    #expect(try memory.required("fits_with_reserve").bool() == fits)
  }

  /// Training keeps the same in every layer of a kind; together it is what the items call residual stream and
  /// activations, less what the ends of the model hold.
  @Test func whatTrainingKeepsIsSaidByOperation() throws {
    let memory = try memory(
      Self.serving + ["training", "--seq", "1024", "--zero", "1", "--tp", "8", "--micro-batches", "1"])
    let kinds = try memory.required("tensors").array()
    #expect(try kinds.map { try $0.required("count").integer() } == [32])
    let kept = try numbers(kinds[0].required("kept_bytes"))
    #expect(kept.keys.contains("qkv_linear") && kept.keys.contains("attn_fused") && kept.keys.contains("mlp2"))
    let items = try memory.required("items")
    let held =
      try items.required("residual_stream_bytes").double() + items.required("other_activations_bytes").double()
    let layers = 32 * kept.values.reduce(0, +)
    #expect(layers > 0 && layers <= held)
  }
}
