public import DataFiles

/// What a profiler measured of a program: its kernels, or on a CPU its operators, each with what it did as far as that
/// is known, and each counted once.
public struct ProfiledStep: Sendable {
  /// One operation, or the equal ones of a summary.
  public struct Piece: Hashable, Sendable {
    /// The operator's name where it is known, else the kernel's.
    public var name: String
    /// What it does.
    public var kind: KernelKind
    /// What it did; nil where no shape is known.
    public var work: TraceWork?
    /// Seconds, of all of them together.
    public var seconds: Double
    /// How many operations these are.
    public var count = 1
    /// Why nothing is known of its shape; nil where something is.
    public var reason: String?
  }

  /// The pieces by rising time, or in the summary's order.
  public internal(set) var pieces: [Piece]
  /// Whether kernels of a GPU were measured.
  public internal(set) var isGPU: Bool
  /// Whether the profiler tells shapes.
  public internal(set) var hasShapes: Bool
  /// How many steps the program marked (`ProfilerStep#N`); 0 where it marked none.
  public internal(set) var steps: Int
  /// Seconds from the first piece's start to the last one's end; nil in a summary.
  public internal(set) var span: Double?
  /// Seconds of the span in which at least one piece ran; nil in a summary.
  public internal(set) var busy: Double?
  /// The device's name, where the profiler tells it.
  public internal(set) var device: String?
  /// How many GPUs the pieces ran on, as far as the profiler tells them apart.
  public internal(set) var devices = 1
  /// The program's rank and how many there were, where the profiler tells.
  public internal(set) var rank, ranks: Int?
  /// Sentences on what the file does not say.
  public internal(set) var notes: [String] = []

  /// Seconds of all pieces.
  public var seconds: Double { pieces.reduce(0) { $0 + $1.seconds } }

  /// Reads a trace of PyTorch's profiler or a kernel summary of Nsight Systems.
  ///
  /// O(n log n) in the file's events.
  ///
  /// - Throws: `FileError` at the place of whatever is not as these tools write it.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(text: TextFile.read(path), file: path)
  }

  /// Reads text; `file` names it in errors.
  public init(text: String, file: String) throws(FileError) {
    if JSONKind(text) != nil {
      self = try KinetoTrace(JSONDocument(text: text, file: file).root).step()
    } else {
      self = try NsightSummary.read(SourceText(text, file: file))
    }
  }

  init(pieces: [Piece], isGPU: Bool, hasShapes: Bool, steps: Int = 0) {
    (self.pieces, self.isGPU, self.hasShapes, self.steps) = (pieces, isGPU, hasShapes, steps)
  }
}
