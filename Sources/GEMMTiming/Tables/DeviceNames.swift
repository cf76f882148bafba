internal import DataFiles

/// What a device may be called: tables carry its name into other programs.
public enum DeviceNames {
  /// The longest name.
  public static let maximumLength = 200

  /// What is wrong with a name; nil where nothing is.
  ///
  /// Spreadsheets take a field that begins with `=`, `+`, `-` or `@` for a formula (OWASP, *CSV Injection*), and
  /// characters that steer a terminal have no place in a name.
  public static func problem(with name: String) -> String? {
    if name.count > maximumLength { return "the device's name has \(name.count) characters" }
    if let first = name.first, "=+-@".contains(first) {
      return "device \(name) begins with \(first), which spreadsheets take for a formula"
    }
    if VisibleText.escaped(name) != name { return "device \(name) has control characters" }
    return nil
  }

  /// What would be right.
  public static let remedy =
    "a name of up to \(maximumLength) characters that begins with a letter or digit is expected"
}
