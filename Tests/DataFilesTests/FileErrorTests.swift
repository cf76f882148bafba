import DataFiles
import Testing

@Suite struct FileErrorTests {
  @Test func saysWhatIsKnownInOneLine() {
    #expect(FileError(.malformed, file: "f", problem: "is bad").description == "f: is bad")
    #expect(FileError(.malformed, file: "f", line: 3, problem: "is bad").description == "f:3: is bad")
    #expect(
      FileError(.malformed, file: "f", line: 3, column: 9, problem: "is bad", remedy: "mend it").description
        == "f:3:9: is bad; mend it")
  }

  @Test func kindsAreTheExitCodesOfSysexits() {
    #expect(FileError.Kind.malformed.rawValue == 65)
    #expect(FileError.Kind.unreadable.rawValue == 66)
    #expect(FileError.Kind.cannotCreate.rawValue == 73)
    #expect(FileError.Kind.writeFailed.rawValue == 74)
  }
}
