internal import DataFiles
internal import GEMMTiming

/// What an NCCL kernel exchanged, by the arguments that Kineto copies to it from `record_param_comms`.
///
/// Keys: pytorch/kineto `output_json.cpp`; names and counts: PyTorch's `ProcessGroupNCCL.cpp`, where an all-gather's
/// output and a reduce-scatter's input are the whole message.
enum TraceExchange {
  /// The exchange; nil where the kernel has no such arguments.
  static func reading(_ event: TraceEvent) throws(FileError) -> TraceReading? {
    guard let arguments = event.arguments, let named = arguments["Collective name"] else { return nil }
    let name = try named.string()
    guard let kind = kinds[name] else { return .unknown("the collective \(name) has no counterpart here") }
    let sent = try count(arguments.required("In msg nelems"))
    let received = try count(arguments.required("Out msg nelems"))
    let typeName = try arguments.required("dtype").string()
    guard let type = TraceOperands.type(typeName) else {
      return .unknown("the type \(typeName) has no counterpart here")
    }
    let group = try arguments.required("Group size")
    let size = try group.integer()
    guard size >= 1 else { throw group.error("Group size is \(size)", remedy: "a whole number above 0 is expected") }
    let ranks = kind == .sendReceive ? 2 : size
    guard ranks > 1 else { return .unknown("one GPU took part") }
    let bytes = max(sent, received).multipliedReportingOverflow(by: type.size)
    guard !bytes.overflow, bytes.partialValue > 0, bytes.partialValue <= GEMMShape.maximumExtent else {
      return .unknown("nothing was exchanged, or more than any device holds")
    }
    return .work(.collective(kind, bytes: bytes.partialValue, ranks: ranks, type: typeName))
  }

  private static func count(_ value: JSONValue) throws(FileError) -> Int {
    let count = try value.integer()
    guard count >= 0 else {
      throw value.error("a number of elements is \(count)", remedy: "a whole number of at least 0 is expected")
    }
    return count
  }

  private static let kinds: [String: Communication.Kind] = [
    "allreduce": .allReduce, "all_reduce": .allReduce, "allreduce_coalesced": .allReduce,
    "_allgather_base": .allGather, "all_gather": .allGather, "allgather_into_tensor_coalesced": .allGather,
    "_reduce_scatter_base": .reduceScatter, "reduce_scatter": .reduceScatter,
    "reduce_scatter_tensor_coalesced": .reduceScatter, "all_to_all": .allToAll, "broadcast": .broadcast,
    "_broadcast_oop": .broadcast, "send": .sendReceive, "recv": .sendReceive,
  ]
}
