public import DataFiles
internal import Foundation

extension FittedModel {
  /// What a model file's member `format` says.
  public static let formatName = "gemmcast-fitted-model"

  /// The version of the file format that this code writes and the only one that it reads.
  public static let formatVersion = 17

  /// Fitted models as one JSON text; reading it back gives equal models, bit by bit.
  ///
  /// Times are in seconds and rates per second, as everywhere inside. O(rows).
  public static func json(_ models: [FittedModel]) throws(FileError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      let file = ModelFile(format: formatName, version: formatVersion, models: models.map(Record.init))
      return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
    } catch {
      throw FileError(.cannotCreate, file: "-", problem: "the model has a number that JSON cannot hold: \(error)")
    }
  }

  /// Writes models atomically.
  ///
  /// - Throws: `FileError` of kind `cannotCreate`.
  public static func write(_ models: [FittedModel], to path: String) throws(FileError) {
    try TextFile.write(json(models), to: path)
  }

  /// Reads the models of a JSON file that ``json(_:)`` wrote.
  ///
  /// - Throws: `FileError` with line and column for any other file and any other version.
  public static func models(contentsOf path: String) throws(FileError) -> [FittedModel] {
    try models(TextFile.read(path, limit: TextFile.largestJSON), file: path)
  }

  /// Reads the models of a JSON text; `file` stands in messages.
  ///
  /// - Throws: `FileError` with line and column of the value that is not as it should be. O(rows).
  public static func models(_ text: String, file: String) throws(FileError) -> [FittedModel] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      let read = try decoder.decode(ModelFile.self, from: Data(text.utf8))
      var models: [FittedModel] = []
      for (index, record) in read.models.enumerated() {
        models.append(try FittedModel(record, ModelCheck(["models", "\(index)"])))
      }
      guard !models.isEmpty else {
        throw ModelDefect(path: ["models"], problem: "holds no models", remedy: "fit again")
      }
      return models
    } catch {
      throw ModelDefect(error).located(in: text, file: file)
    }
  }
}

/// A model file as it stands on disk.
struct ModelFile: Codable {
  var format: String
  var version: Int
  var models: [FittedModel.Record]

  init(format: String, version: Int, models: [FittedModel.Record]) {
    (self.format, self.version, self.models) = (format, version, models)
  }

  /// Looks at format and version first: of another version, no other key need be there.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    format = try container.decode(String.self, forKey: .format)
    guard format == FittedModel.formatName else {
      throw ModelDefect(
        path: ["format"], problem: "is not a fitted model", remedy: "a file that `gemmcast fit` wrote is expected")
    }
    version = try container.decode(Int.self, forKey: .version)
    guard version == FittedModel.formatVersion else {
      throw ModelDefect(
        path: ["version"], problem: "is version \(version) of the format",
        remedy: "version \(FittedModel.formatVersion) is expected; fit again")
    }
    models = try container.decode([FittedModel.Record].self, forKey: .models)
  }
}
