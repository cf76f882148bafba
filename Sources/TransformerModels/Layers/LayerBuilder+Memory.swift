/// Bytes of what a forward pass keeps for its backward pass, by what it is.
struct ActivationMemory: Hashable, Sendable {
  /// What layers hand on: their inputs, and what dropout and norms keep of the residual stream.
  var stream = 0.0
  /// Attention scores, their dropout and its mask.
  var scores = 0.0
  var others = 0.0

  var total: Double { stream + scores + others }

  static func + (a: ActivationMemory, b: ActivationMemory) -> ActivationMemory {
    ActivationMemory(stream: a.stream + b.stream, scores: a.scores + b.scores, others: a.others + b.others)
  }

  static func * (factor: Double, a: ActivationMemory) -> ActivationMemory {
    ActivationMemory(stream: factor * a.stream, scores: factor * a.scores, others: factor * a.others)
  }

  /// What this has beyond another.
  func exceeding(_ other: ActivationMemory) -> ActivationMemory {
    ActivationMemory(
      stream: max(0, stream - other.stream), scores: max(0, scores - other.scores),
      others: max(0, others - other.others))
  }

  mutating func add(_ tensor: LayerTensor) {
    switch tensor.kind {
    case .stream: stream += tensor.bytes
    case .scores: scores += tensor.bytes
    case .other: others += tensor.bytes
    }
  }
}

/// What a layer keeps for its backward pass because one of its operations needs it.
///
/// A tensor that several need counts where the first does.
public struct KeptTensors: Hashable, Sendable {
  /// The operation's name, or `layer_input` where all else is recomputed.
  public let operation: String
  /// Bytes on one GPU, of one micro-batch.
  public internal(set) var bytes: Double
}

extension LayerBuilder {
  /// What one layer keeps of one micro-batch, and all that it has while its backward pass runs, whatever is recomputed.
  ///
  /// For a GPT layer with dropout in a 16-bit type this is s·b·h·(10 + 24/t + 5·a·s/(h·t)) bytes, with sequence
  /// parallelism s·b·h/t·(34 + 5·a·s/h), under selective recomputation 34·s·b·h/t, and 2·s·b·h under full recomputation
  /// (Korthikanti et al., arXiv 2205.05198, equations 1–4 and 6).
  var activations: (kept: ActivationMemory, whole: ActivationMemory) {
    var (kept, whole) = (ActivationMemory(), ActivationMemory())
    for saving in savings {
      whole.add(saving.tensor)
      if saving.isKept { kept.add(saving.tensor) }
    }
    if setting.options.recomputation == .full {
      kept = ActivationMemory(stream: setting.stream * setting.activationSize)
    }
    return (kept, whole)
  }

  /// What one layer keeps of one micro-batch by the operation that saves it, in the order of the forward pass.
  var keptTensors: [KeptTensors] {
    if setting.options.recomputation == .full {
      return [KeptTensors(operation: "layer_input", bytes: setting.stream * setting.activationSize)]
    }
    var kept: [KeptTensors] = []
    var places: [String: Int] = [:]
    for saving in savings where saving.isKept {
      let name = saving.role.rawValue
      let bytes = saving.tensor.bytes
      if let place = places[name] {
        kept[place].bytes += bytes
      } else {
        places[name] = kept.count
        kept.append(KeptTensors(operation: name, bytes: bytes))
      }
    }
    return kept
  }

  /// Every tensor that the backward pass needs, once: the first step that saves it, and whether it is kept.
  private var savings: [(role: OperationRole, tensor: LayerTensor, isKept: Bool)] {
    var made: Set<Int> = []
    for record in records where record.isRecomputed { made.formUnion(record.outputs.map(\.id)) }
    var seen: Set<Int> = []
    return records.flatMap { record in
      record.saved.filter { seen.insert($0.id).inserted }.map { tensor in
        // Of what is done again scores are not kept, nor are their masks.
        (record.role, tensor, !(tensor.kind == .scores && (made.contains(tensor.id) || record.isRecomputed)))
      }
    }
  }

  /// Elements alive beside the residual stream at the widest point of a forward pass alone.
  ///
  /// Inference keeps nothing: at each step only its inputs and its output are alive, or those of the steps that hold
  /// theirs together. Softmax and rotation work in place.
  var widestPoint: (scores: Double, others: Double) {
    var groups: [Int: (scores: Double, others: Double, seen: Set<Int>)] = [:]
    var alias: [Int: Int] = [:]
    func place(_ tensor: LayerTensor) -> Int { alias[tensor.id] ?? tensor.id }
    for record in records {
      if let input = record.inputs.first, let output = record.outputs.first, record.isInPlace {
        alias[output.id] = place(input)
      }
      guard let together = record.together else { continue }
      var group = groups[together] ?? (0, 0, [])
      for tensor in record.inputs + record.outputs where group.seen.insert(place(tensor)).inserted {
        if tensor.kind == .scores { group.scores += tensor.elements } else { group.others += tensor.elements }
      }
      groups[together] = group
    }
    let widest = groups.values.max { $0.scores + $0.others < $1.scores + $1.others }
    return widest.map { ($0.scores, $0.others) } ?? (0, 0)
  }
}

extension LayerRecord {
  /// Whether its result takes its input's place.
  fileprivate var isInPlace: Bool {
    switch step {
    case .view: inputs.first?.elements == outputs.first?.elements
    case .pass: inputs.count == 1 && inputs[0].elements == outputs[0].elements && saved != [inputs[0]]
    default: false
    }
  }
}
