internal import DataFiles
internal import Foundation
public import TransformerModels

extension ModelConfiguration {
  /// A model by the name of a built-in one, or by the path of a Hugging Face `config.json` or of the folder it lies in.
  ///
  /// A file or folder goes before a built-in name that differs in case only.
  ///
  /// - Throws: `ModelError.unknownModel` when it is none of them, `ModelError.file` for a malformed file
  ///   and a folder without one.
  public init(named nameOrPath: String) throws(ModelError) {
    if let model = try Self.builtIn(named: nameOrPath) {
      self = model
      return
    }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: nameOrPath, isDirectory: &isFolder)
    if exists, isFolder.boolValue {
      try self.init(folder: nameOrPath)
      return
    }
    if !exists {
      let lowered = nameOrPath.lowercased()
      if let model = try Self.builtIn(named: lowered) {
        self = model
        return
      }
      if ModelTitle.isName(nameOrPath), !lowered.hasSuffix(".json") {
        throw .unknownModel(name: nameOrPath, advice: Self.advice(onUnknown: JSONValue.shortened(nameOrPath)))
      }
    }
    try self.init(huggingFace: nameOrPath)
  }

  /// The `config.json` of a model's folder.
  private init(folder: String) throws(ModelError) {
    let file = folder + (folder.hasSuffix("/") ? "" : "/") + "config.json"
    guard FileManager.default.fileExists(atPath: file) else {
      throw .file(
        FileError(
          .unreadable, file: folder, problem: "is a folder without a config.json",
          remedy: "the folder of a Hugging Face model, or its config.json, is expected"))
    }
    try self.init(huggingFace: file)
  }

  /// What to say of a name that is neither a built-in model's nor a file's.
  private static func advice(onUnknown name: String) -> String {
    let names = builtInNames
    let last = name.split(separator: "/").last.map(String.init) ?? name
    let near = NearName.nearest(to: last, among: names)
    let known =
      near.isEmpty ? "built in are \(names.joined(separator: ", "))" : "near to it is \(near.joined(separator: ", "))"
    guard name.contains("/") else { return known }
    return "for a model of the Hugging Face hub, download https://huggingface.co/\(name)/raw/main/config.json and give "
      + "the file's path; \(known)"
  }
}
