/// Numbers as files and options write them: by one rule, the one of JSON (RFC 8259, section 6).
///
/// An optional minus, digits without a leading zero, then optionally a point with digits and an exponent: `12`, `-0.5`,
/// `1.25e-06`. No `+5`, `.5`, `5.`, `005`, `0x10`, `1_000`, `nan` or `inf`, and no spaces.
public enum DecimalNumber {
  /// The finite number that a text is; nil for anything else.
  public static func double(_ text: String) -> Double? {
    guard isDecimal(text), let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The whole number that a text is, without point or exponent; nil for anything else and beyond `Int`.
  public static func integer(_ text: String) -> Int? {
    guard isDecimal(text) else { return nil }
    return Int(text)
  }

  /// Whether a text is a number by the rule.
  public static func isDecimal(_ text: String) -> Bool {
    var rest = Substring(text).utf8
    func skip(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    func skipDigits() -> Bool {
      let start = rest.count
      while skip("0123456789") {}
      return rest.count < start
    }
    _ = skip("-")
    if !skip("0"), !skipDigits() { return false }
    if skip("."), !skipDigits() { return false }
    if skip("eE") {
      _ = skip("+-")
      if !skipDigits() { return false }
    }
    return rest.isEmpty
  }
}
