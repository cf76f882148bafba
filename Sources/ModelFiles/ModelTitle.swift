internal import Foundation

/// What a model read from a file is called.
enum ModelTitle {
  /// Whether a text is a model's name, perhaps with its owner's before it, and not the path of a folder.
  ///
  /// `meta-llama/Llama-3.1-8B` is a name; `/models/x`, `./x`, `a/b/c`, `checkpoint-500` and an empty text are none.
  static func isName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, text.count <= 96, text.contains(where: \.isLetter) else { return false }
    for part in parts {
      guard let first = part.first, first.isASCII, first.isLetter || first.isNumber,
        part.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+ ".contains($0)) })
      else { return false }
    }
    let folders = ["checkpoint", "ckpt", "output", "result", "models", "tmp", "saved_model", "snapshots"]
    return !parts.contains { part in folders.contains { part.lowercased().hasPrefix($0) } }
  }

  /// The name of a file without `.json`, or of the folder that a `config.json` lies in.
  static func ofFile(_ path: String) -> String {
    if path == "-" { return "standard input" }
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let name = url.deletingPathExtension().lastPathComponent
    guard name == "config" else { return name.isEmpty ? path : name }
    let folder = url.deletingLastPathComponent().lastPathComponent
    return folder.isEmpty || folder == "/" ? url.lastPathComponent : folder
  }
}
