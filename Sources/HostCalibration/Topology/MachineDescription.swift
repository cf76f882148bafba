/// A machine that hwloc is told of, in place of the one that it runs on.
public enum MachineDescription: Hashable, Sendable {
  /// hwloc's synthetic form: `package:2 l3:1 core:4 pu:2`.
  case synthetic(String)
  /// The path of an XML file, as hwloc's `lstopo` exports it.
  case file(String)
}

/// The environment variables that change what hwloc finds.
enum TopologyVariable {
  /// Names an XML file that hwloc reads in place of looking at the machine.
  static let file = "HWLOC_XMLFILE"
  /// Describes a machine in the synthetic form.
  static let synthetic = "HWLOC_SYNTHETIC"

  /// Whether a variable changes what hwloc finds, and not only what it says meanwhile.
  ///
  /// After hwloc 2.9's documentation, "Environment variables". Those of its plugins are left, as they say where its parts lie.
  static func isOne(_ name: String) -> Bool {
    name.hasPrefix("HWLOC_") && name != "HWLOC_HIDE_ERRORS" && !name.hasSuffix("_VERBOSE")
      && !name.hasPrefix("HWLOC_PLUGINS_")
  }

  /// The machine that the environment describes, and by which variable; hwloc prefers the file.
  static func description(
    in environment: [String: String]
  ) -> (variable: String, value: String, machine: MachineDescription)? {
    if let path = environment[file], !path.isEmpty { return (file, path, .file(path)) }
    if let text = environment[synthetic], !text.isEmpty { return (synthetic, text, .synthetic(text)) }
    return nil
  }
}
