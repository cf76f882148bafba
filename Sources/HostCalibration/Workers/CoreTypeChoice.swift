/// Which OpenBLAS kernel to measure with.
public enum CoreTypeChoice: Hashable, Sendable {
  /// Try the library's own choice and the kernels that suit this CPU; keep the fastest.
  case automatic
  /// What this process inherited, `OPENBLAS_CORETYPE` included.
  case inherited
  /// The kernel of that name.
  case named(String)

  /// Reads `auto`, `inherit` or a name.
  public init(_ text: String) {
    switch text.lowercased() {
    case "auto": self = .automatic
    case "inherit": self = .inherited
    default: self = .named(text)
    }
  }
}
