import Foundation
import Testing

@testable import ModelFiles
@testable import TransformerModels

@Suite struct ModelTitleTests {
  @Test func pathsAreNoNames() {
    for name in ["meta-llama/Llama-3.1-8B", "gpt2", "Qwen/Qwen2.5-72B", "llama-7b"] { #expect(ModelTitle.isName(name)) }
    for path in [
      "", ".", "./foo", "../foo", "/root/x", "~/x", "a/b/c", "checkpoint-500", "x/checkpoint-1", "C:\\x", "x/", "-",
      "./", "output", "model\u{1b}[31m", String(repeating: "x", count: 500),
    ] { #expect(!ModelTitle.isName(path), "\(path)") }
  }

  @Test func aModelIsCalledAfterItsFileOrFolder() {
    #expect(ModelTitle.ofFile("/a/My-Model/config.json") == "My-Model")
    #expect(ModelTitle.ofFile("/a/b/my-model.json") == "my-model")
    #expect(ModelTitle.ofFile("/config.json") == "config.json")
  }

  @Test func aFolderAHubsNameAndAMistypedNameSayWhatIsExpected() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("model-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: ModelError.self) { try ModelConfiguration(named: folder.path) }
    let text = """
      {"model_type": "llama", "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 3,
       "num_attention_heads": 8, "vocab_size": 1000, "_name_or_path": "./here"}
      """
    try Data(text.utf8).write(to: folder.appendingPathComponent("config.json"))
    for path in [folder.path, folder.path + "/", folder.path + "/config.json"] {
      #expect(try ModelConfiguration(named: path).name == folder.lastPathComponent)
    }
    #expect(try ModelConfiguration(named: "Llama-3.1-70B").name == "llama-3.1-70b")
    func advice(_ name: String) -> String {
      do {
        _ = try ModelConfiguration(named: name)
        return ""
      } catch { return error.description }
    }
    #expect(advice("llama-70b").hasSuffix("near to it is llama-3.1-70b"))
    #expect(advice("refrence").hasSuffix("near to it is reference"))
    let hub = advice("meta-llama/Llama-3.1-8B")
    #expect(hub.contains("https://huggingface.co/meta-llama/Llama-3.1-8B/raw/main/config.json"))
    #expect(hub.hasSuffix("near to it is llama-3.1-8b"))
  }
}
