// What a step does outside its layers, and the exchanges of their gradients and weights.
extension OperationRole {
  static let dispatch = OperationRole("dispatch")
  static let input = OperationRole("input")
  static let broadcast = OperationRole("broadcast_0")
  static let embedding = OperationRole("embedding")
  static let embeddingAllReduce = OperationRole("embedding_allreduce")
  static let embeddingReduceScatter = OperationRole("embedding_reducescatter")
  static let sendLayer = OperationRole("send_layer")
  static let sendStage = OperationRole("send_stage", stream: .pipeline)
  static let receiveStage = OperationRole("receive_stage")
  static let finalNorm = OperationRole("final_norm")
  static let headAllGather = OperationRole("lm_head_allgather")
  static let headAllReduce = OperationRole("lm_head_allreduce")
  static let head = OperationRole("lm_head", nil, .column, title: "Language-Model Head")
  static let loss = OperationRole("loss")
  static let embeddingGradientReduce = OperationRole("embedding_gradient_reduce", stream: .data)
  static let gradientReduce = OperationRole("gradient_reduce", stream: .data)
  static let weightGather = OperationRole("weight_allgather", stream: .data)
  static let expertGradientReduce = OperationRole("expert_gradient_reduce", stream: .data)
  static let expertWeightGather = OperationRole("expert_weight_allgather", stream: .data)
  static let optimizer = OperationRole("optimizer")
  static let output = OperationRole("output")

  /// Whether it belongs to the update of weights, of a layer or of a whole stage.
  var isUpdate: Bool { self == .optimizer || stream == .data }
}
