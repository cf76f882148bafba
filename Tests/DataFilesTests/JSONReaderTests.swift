import Foundation
import SeededRandom
import Testing

@testable import DataFiles

/// Foundation's reader, which has no positions, is the oracle.
@Suite struct JSONReaderTests {
  private static let pieces = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\n", "\r\n", "\r", "\t", "0", "1", "-", ".", "e", "+", "true",
    "nul",
    "é", "😀", "\u{1}", "\u{7f}", "\u{85}", "\u{2028}", "\\u", "\\ud83d", "\\ude00", "\\u00e9", "\\n", "\\/", "\\x", "/",
  ]

  private var random = SplitMix64(seed: 11)

  private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  private mutating func blank() -> String { ["", "", " ", "\n", "\r\n", "\r", "\t "][below(7)] }

  private mutating func text(depth: Int) -> String {
    let items = depth > 0 ? below(4) : 0
    switch below(depth > 0 ? 7 : 4) {
    case 0: return ["0", "-1", "12.50", "1e3", "-0.5E-2", "9007199254740993"][below(6)]
    case 1: return ["true", "false", "null"][below(3)]
    case 2, 3:
      return ["\"\"", "\"x y\"", "\"é\\u00e9\\\"\\\\\"", "\"\\ud83d\\ude00😀\u{7f}\u{2028}\"", "\"a\u{85}b\""][below(5)]
    case 4, 5:
      let members = (0..<items).map { "\"é\($0)\"\(blank()):\(blank())\(text(depth: depth - 1))" }
      return "{\(blank())\(members.joined(separator: "\(blank()),\(blank())"))\(blank())}"
    default:
      let elements = (0..<items).map { _ in text(depth: depth - 1) }
      return "[\(blank())\(elements.joined(separator: ",\(blank())"))\(blank())]"
    }
  }

  private func isSame(_ node: JSONNode, _ object: Any) -> Bool {
    switch node.content {
    case .string(let text): return object as? String == text
    case .bare("null"): return object is NSNull
    case .bare(let word): return (object as? NSNumber)?.doubleValue == Double(word) ?? (word == "true" ? 1 : 0)
    case .array(let elements):
      guard let array = object as? [Any], array.count == elements.count else { return false }
      return zip(elements, array).allSatisfy(isSame)
    case .object(let members):
      guard let object = object as? [String: Any], object.count == members.count else { return false }
      return members.allSatisfy { member in object[member.key].map { isSame(member.value, $0) } ?? false }
    }
  }

  /// Whether a value and all within it begin where they say they do.
  private func isPlaced(_ node: JSONNode, _ lines: [[Unicode.Scalar]]) -> Bool {
    guard lines.indices.contains(node.line - 1), lines[node.line - 1].indices.contains(node.column - 1) else {
      return false
    }
    let found = lines[node.line - 1][node.column - 1]
    switch node.content {
    case .string: return found == "\""
    case .bare(let word): return found == word.unicodeScalars.first
    case .array(let elements): return found == "[" && elements.allSatisfy { isPlaced($0, lines) }
    case .object(let members): return found == "{" && members.allSatisfy { isPlaced($0.value, lines) }
    }
  }

  private func lines(_ text: String) -> [[Unicode.Scalar]] {
    var lines: [[Unicode.Scalar]] = [[]]
    for character in text {
      if ["\n", "\r\n", "\r"].contains(character) {
        lines.append([])
      } else {
        lines[lines.count - 1] += character.unicodeScalars
      }
    }
    return lines
  }

  @Test mutating func textsAreTakenAsFoundationTakesThem() {
    var taken = 0
    for _ in 0..<4_000 {
      var scalars = Array(text(depth: 3).unicodeScalars)
      for _ in 0..<below(3) {
        let place = below(scalars.count + 1)
        if below(2) == 0, place < scalars.count { scalars.remove(at: place) }
        scalars.insert(contentsOf: Self.pieces[below(Self.pieces.count)].unicodeScalars, at: min(place, scalars.count))
      }
      var view = String.UnicodeScalarView()
      view += scalars
      let text = String(view)
      // Numbers beyond Double are taken here alone.
      guard JSONDocument.withPlainNumbers(text) == text else { continue }
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      var reader = JSONReader(text)
      do {
        let node = try reader.document()
        taken += 1
        #expect(object.map { isSame(node, $0) } == true, "\(text.debugDescription)")
        #expect(isPlaced(node, lines(text)), "\(text.debugDescription)")
      } catch .notJSON {
        #expect(object == nil, "\(text.debugDescription)")
      } catch {
        #expect(object != nil, "\(text.debugDescription)")
      }
    }
    #expect(taken > 1_000)
  }

  @Test(arguments: [512, 513]) func nestingEndsWhereFoundationsDoes(depth: Int) {
    let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    var reader = JSONReader(text)
    #expect(((try? reader.document()) == nil) == ((try? JSONSerialization.jsonObject(with: Data(text.utf8))) == nil))
  }

  @Test func placesBehindPairsOfEscapesAreExact() throws {
    let list = try JSONDocument(text: #"["\ud83d\ude00é", 7]"#, file: "c.json").root.array()
    #expect(list[1].error("x").column == 19)
  }
}
