import DataFiles
import Testing

@Suite struct JSONKindTests {
  @Test func keysAreThoseOfTheOutermostObjectAlone() {
    let text = #" {"a": {"inner": 1}, "b" : [{"c": "d: e"}], "quote\"d": "x", "last": null}"#
    #expect(JSONKind(text)?.keys == ["a", "b", #"quote\"d"#, "last"])
  }

  @Test func aTextThatIsCutHasTheKeysBeforeTheCut() {
    #expect(JSONKind(#"{"traceEvents": [{"ph": "X", "ar"#)?.keys == ["traceEvents"])
    #expect(JSONKind("{")?.keys == [] && JSONKind("{}}\"x\": 1")?.keys == [])
    #expect(JSONKind("[{\"a\": 1}]")?.keys == [])
  }

  @Test(arguments: [
    "", "  ", "m,n,k", "[0]:transA,transB", "[1,0]<stdout>:{\"a\": 1}", "[1, 2]", "{app=\"x\"} # size", "\"a\"",
  ])
  func otherTextIsNone(text: String) { #expect(JSONKind(text) == nil) }

  @Test(arguments: [
    (#"{"schemaVersion": 1, "traceEvents": []}"#, "a trace of the PyTorch profiler (Kineto)"),
    (#"{"traceEvents": []}"#, "a trace of events (Chrome, Perfetto)"),
    (#"{"model_type": "llama", "hidden_size": 8}"#, "a model's config.json"),
    (#"{"nccl_version": 1, "results": []}"#, "a report of nccl-tests"),
  ])
  func toolsAreKnownByTheirKeys(text: String, name: String) { #expect(JSONKind(text)?.name == name) }

  @Test func whatIsNotKnownIsDescribedByItsKeys() {
    #expect(JSONKind(#"{"p": 1, "q": 2}"#)?.description == "JSON with the keys p, q")
    let many = (0..<100).map { "\"k\($0)\": 0" }.joined(separator: ",")
    #expect(JSONKind("{\(many)}")?.keys.count == 64)
    #expect(JSONKind("{\(many)}")?.description == "JSON with the keys k0, k1, k2, k3, k4, k5, …")
  }
}
