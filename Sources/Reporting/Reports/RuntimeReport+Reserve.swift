internal import GEMMTiming
internal import TransformerModels

// What the runtime needs beside the step, and what fits beside both.
extension RuntimeReport {
  /// The runtime's reserve by its parts, and whether the step fits with it.
  var reserveSentence: String {
    let reserve = memory.reserve
    guard reserve.total > 0 else {
      return "No reserve is counted for the runtime's own memory on a host."
    }
    let parts = RuntimeReserve.Part.allCases.filter { reserve[$0] > 0 }.map { part in
      let groups = part == .exchanges ? " of \(Quantity.counted(reserve.groups, "group"))" : ""
      return "\(part.rawValue)\(groups) \(Quantity.bytes(reserve[part]))"
    }
    return "These figures leave out the runtime's reserve of \(Quantity.bytes(reserve.total)): "
      + "\(parts.joined(separator: ", ")). With it a GPU needs \(Quantity.bytes(memory.neededWithReserve)), which "
      + "\(memory.fitsWithReserve ? "fits" : "does not fit")."
  }

  /// The largest batch, the longest context and the most tokens that fit; nothing where none are kept.
  var roomSentence: String {
    guard let room = memory.room else { return "" }
    let plan = estimate.plan
    let batch =
      room.batch.map { "the largest batch is \(Self.most($0.count, $0.isOpen)) of \(plan.sequence) tokens each" }
      ?? "no batch of sequences of \(plan.sequence) tokens fits"
    let context = longestContext.map { context in
      "at a batch of \(plan.batch) the longest context is \(Self.most(context, room.context?.isOpen == true))"
        + madeFor(context)
    }
    let tokens = room.tokens.flatMap { $0 > 0 ? "the caches hold up to \(Quantity.count($0)) tokens" : nil }
    return "\(memory.reserve.total > 0 ? "With the reserve" : "With nothing reserved") "
      + [batch, context ?? "no context fits at a batch of \(plan.batch)", tokens].compactMap(\.self)
      .joined(separator: "; ") + "."
  }

  /// The longest context that fits at the plan's batch; when decoding what is cached, without the new token.
  var longestContext: Int? {
    guard let positions = memory.room?.context?.count else { return nil }
    return estimate.options.work == .decode ? positions - 1 : positions
  }

  /// A number, marked where the search ended before memory did.
  private static func most(_ count: Int, _ isOpen: Bool) -> String {
    Quantity.count(count) + (isOpen ? " or more" : "")
  }

  /// How many positions the model was made for, where they are fewer.
  private func madeFor(_ positions: Int) -> String {
    guard let maximum = estimate.model.maximumPositions, positions > maximum else { return "" }
    return " (the model is made for \(Quantity.count(maximum)))"
  }
}
