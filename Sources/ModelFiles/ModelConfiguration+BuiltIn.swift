internal import CalibrationData
internal import Foundation
public import TransformerModels

extension ModelConfiguration {
  /// The names of the models that come with gemmcast, `reference` first; it alone when their folder is not found.
  public static var builtInNames: [String] { [reference.name] + builtInFiles.map(\.name) }

  /// The model of that name that comes with gemmcast; nil when there is none.
  ///
  /// - Throws: `ModelError.file` for a malformed file.
  public static func builtIn(named name: String) throws(ModelError) -> ModelConfiguration? {
    if name == reference.name { return reference }
    guard let file = builtInFiles.first(where: { $0.name == name }) else { return nil }
    return try ModelConfiguration(huggingFace: file.path)
  }

  private static var builtInFiles: [(name: String, path: String)] {
    CalibrationData.files(in: .models, withExtension: "json").map { path in
      (URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, path)
    }
  }
}
