internal import Foundation

/// A base folder of the user's, by the XDG Base Directory Specification.
enum UserFolder: String {
  case data = "XDG_DATA_HOME"
  case cache = "XDG_CACHE_HOME"

  /// Its path: what the environment names, where that is absolute, else the specification's default under `HOME`.
  func path(in environment: [String: String]) -> String {
    if let named = environment[rawValue], named.hasPrefix("/") { return named }
    let home = environment["HOME"] ?? NSHomeDirectory()
    switch self {
    case .data: return home + "/.local/share"
    case .cache: return home + "/.cache"
    }
  }
}
