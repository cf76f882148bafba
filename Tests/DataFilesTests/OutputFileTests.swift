import DataFiles
import Foundation
import Testing

@Suite struct OutputFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("OutputFileTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func file(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    return path(name)
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func attribute(_ key: FileAttributeKey, _ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[key] as? Int
  }

  /// What stands in the folder, hidden files as well: nothing temporary may stay.
  private func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }

  @Test(arguments: [0o600, 0o640, 0o755]) func aReplacedFileKeepsItsMode(mode: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try file("a", "old", mode: mode)
    let number = try attribute(.systemFileNumber, file)
    try TextFile.write("new", to: file)
    #expect(try text(file) == "new")
    #expect(try attribute(.posixPermissions, file) == mode)
    // It was replaced as a whole, so that no reader saw a part.
    #expect(try attribute(.systemFileNumber, file) != number)
    #expect(try names() == ["a"])
  }

  @Test func aNewFileGetsTheModeThatOthersGet() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try TextFile.write("x", to: path("a"))
    #expect(FileManager.default.createFile(atPath: path("b"), contents: nil))
    let other = open(path("c"), O_CREAT | O_WRONLY, 0o666)
    close(other)
    #expect(try attribute(.posixPermissions, path("a")) == attribute(.posixPermissions, path("c")))
  }

  @Test func linksAreFollowedAndStay() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let manager = FileManager.default
    try manager.createDirectory(atPath: path("sub"), withIntermediateDirectories: true)
    let target = try file("sub/target", "old", mode: 0o600)
    try manager.createSymbolicLink(atPath: path("link"), withDestinationPath: "sub/target")
    try manager.createSymbolicLink(atPath: path("chain"), withDestinationPath: path("link"))
    try TextFile.write("new", to: path("chain"))
    #expect(try text(target) == "new")
    #expect(try attribute(.posixPermissions, target) == 0o600)
    #expect(try manager.destinationOfSymbolicLink(atPath: path("link")) == "sub/target")
    // One that names nothing yet makes what it names.
    try manager.createSymbolicLink(atPath: path("ahead"), withDestinationPath: "sub/made")
    try TextFile.write("made", to: path("ahead"))
    #expect(try text(path("sub/made")) == "made")
    #expect(try names() == ["sub", "link", "chain", "ahead"])
    // One that leads to itself is an error.
    try manager.createSymbolicLink(atPath: path("loop"), withDestinationPath: "loop")
    #expect(throws: FileError.self) { try TextFile.write("x", to: path("loop")) }
  }

  @Test func allNamesOfAFileGoOnNamingIt() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try file("first", "a longer old text")
    try FileManager.default.linkItem(atPath: first, toPath: path("second"))
    try TextFile.write("new", to: first)
    #expect(try text(path("second")) == "new")
    #expect(try attribute(.systemFileNumber, first) == attribute(.systemFileNumber, path("second")))
  }

  @Test func aFIFOIsWrittenTo() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let pipe = path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    // Opening waits for the other end.
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/bin/sh")
    reader.arguments = ["-c", "cat \"$0\" > \"$1\"", pipe, path("read")]
    try reader.run()
    try TextFile.write("through", to: pipe)
    reader.waitUntilExit()
    #expect(try text(path("read")) == "through")
    #expect(try TextFile.isStream(pipe))
    #expect(try !TextFile.isStream(path("nothing")))
    var status = stat()
    #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test func anOpenDescriptorIsWrittenToWhereItStands() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try file("log", "first\n")
    let descriptor = open(file, O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    try TextFile.write("second\n", to: "/dev/fd/\(descriptor)")
    #expect(try text(file) == "first\nsecond\n")
    let reading = open(file, O_RDONLY)
    defer { close(reading) }
    #expect(throws: FileError.self) { try TextFile.write("x", to: "/proc/self/fd/\(reading)") }
    #expect(try text(file) == "first\nsecond\n")
  }

  @Test func whatCannotBeWrittenIsLeftAsItIs() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: FileError(.cannotCreate, file: folder.path, problem: "is a folder", remedy: "name a file")) {
      try TextFile.write("x", to: folder.path)
    }
    let full = #expect(throws: FileError.self) { try TextFile.write("x", to: "/dev/full") }
    #expect(full?.kind == .writeFailed)
    #expect(full?.problem == "cannot be written: No space left on device")
    try TextFile.checkWritable(path("new"))
    #expect(try names().isEmpty)
    #expect(throws: FileError.self) { try TextFile.checkWritable(path("missing/new")) }
  }

  @Test func anInputIsNoOutput() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try file("own", "m,k,n\n")
    _ = try TextFile.read(file)
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "own")
    try FileManager.default.linkItem(atPath: file, toPath: path("hard"))
    for name in ["own", "link", "hard", "../\(folder.lastPathComponent)/own"] {
      let error = #expect(throws: FileError.self) { try InputFiles.refuse(output: path(name)) }
      #expect(error?.problem == "is an input of this command")
    }
    try InputFiles.refuse(output: path("another"))
    try InputFiles.refuse(output: "/dev/null")
  }

  @Test func gunzipGivesTheTextBack() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for text in ["", "x", (0..<40_000).map { "line \($0 * $0 % 977)\n" }.joined()] {
      try TextFile.write(text, to: path("text.gz"), compresses: true)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/gunzip")
      process.arguments = ["-kf", path("text.gz")]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try self.text(path("text")) == text)
    }
    #expect(try attribute(.size, path("text.gz")) ?? .max < 200_000)
  }
}
