import DataFiles
import Testing

@Suite struct ShellWordTests {
  @Test(arguments: [
    ("gemm.csv", "gemm.csv"), ("/a/b-c_d.e", "/a/b-c_d.e"), ("time (msec)", "'time (msec)'"), ("", "''"),
    ("it's", "'it'\\''s'"), ("a;b", "'a;b'"), ("$x", "'$x'"), ("#CU's", "'#CU'\\''s'"), ("avg*", "'avg*'"),
  ])
  func aWordIsQuotedOnlyWhereItMustBe(word: String, quoted: String) { #expect(ShellWord.quoted(word) == quoted) }
}
