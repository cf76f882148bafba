public import DataFiles
public import TransformerModels

extension ModelConfiguration {
  /// Reads the `config.json` that Hugging Face's transformers library writes beside a model.
  ///
  /// Every key is used, known to change nothing, named in `notes`, or an error. Of a file of several models, as vision
  /// models have it, the language model is read.
  ///
  /// - Parameter path: the file; the model is named after `_name_or_path` in it, else after the file or its folder.
  /// - Throws: `ModelError.file` with line and column for a missing key, a value of another type or out of
  ///   range, a `model_type` that is not known, and what no layer here can express: a guess could be wrong in silence.
  public init(huggingFace path: String) throws(ModelError) {
    let document: JSONDocument
    do { document = try JSONDocument(contentsOf: path) } catch { throw .file(error) }
    try self.init(huggingFace: document.root, name: ModelTitle.ofFile(path))
  }

  /// Reads the root object of a `config.json`; `name` is the model's unless the object has one.
  public init(huggingFace root: JSONValue, name: String) throws(ModelError) {
    var reader: HuggingFaceReader?
    do {
      var made = try HuggingFaceReader(root)
      reader = made
      self = try made.configuration(named: name)
    } catch let error as FileError {
      throw .file(error)
    } catch let error as ModelError {
      // Sizes are legal one by one; what is left is a relation between them: the value that should fit is pointed at.
      throw .file((reader?.culprit(of: error) ?? root).error(error.description))
    } catch {
      throw .file(root.error("cannot be read: \(error)"))
    }
  }
}
