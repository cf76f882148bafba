public import Foundation

/// The built command, which stands beside the bundle of all tests.
public enum BuiltExecutable {
  /// Its place; `swift build --build-tests` makes both.
  public static var url: URL {
    let bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("gemmcast")
  }
}
