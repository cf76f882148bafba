public import DataFiles
internal import Foundation
internal import GEMMTiming

extension FittedModel {
  /// What the first member of a model file says.
  public static let formatName = "gemmcast-fitted-model"

  /// The version of the file format that this code writes and the only one that it reads.
  public static let formatVersion = 16

  /// Fitted models as one JSON text; reading it back gives equal models, bit by bit.
  ///
  /// Times are in seconds and rates per second, as everywhere inside. A row is
  /// `[m, k, n, seconds, noise, shortest, weight, predicted, low, high]`, the last three held out. O(rows).
  public static func json(_ models: [FittedModel]) -> String {
    """
    {
      "format": "\(formatName)",
      "version": \(formatVersion),
      "models": [
    \(models.map(\.json).joined(separator: ",\n"))
      ]
    }

    """
  }

  /// Writes models atomically.
  ///
  /// - Throws: `FileError` of kind `cannotCreate`.
  public static func write(_ models: [FittedModel], to path: String) throws(FileError) {
    try TextFile.write(json(models), to: path)
  }

  private var json: String {
    var members: [(String, String)] = [
      ("device", Self.text(group.device)), ("dtype", Self.text(group.dtype.rawValue)),
      ("threads", group.threads.map(String.init) ?? "null"),
      ("cache", group.cache.map { Self.text($0.rawValue) } ?? "null"), ("layout", Self.text(group.layout.rawValue)),
      ("library", group.library.map(Self.text) ?? "null"), ("kernel", group.kernel.map(Self.text) ?? "null"),
      (
        "ceilings",
        Self.object([
          ("peak_flops", "\(ceilings.peakFlops)"), ("sustained_flops", "\(ceilings.sustainedFlops)"),
          ("peak_bandwidth", Self.number(ceilings.peakBandwidth)),
          ("sustained_bandwidth", Self.number(ceilings.sustainedBandwidth)),
        ])
      ),
      (
        "roofline",
        Self.object([
          ("compute_fraction", "\(rooflineShape.computeFraction)"),
          ("bandwidth_fraction", "\(rooflineShape.bandwidthFraction)"),
          ("knee_sharpness", "\(rooflineShape.kneeSharpness)"),
        ])
      ),
      (
        "structure",
        Self.object([
          ("element_size", "\(structure.elementSize)"), ("threshold", "\(structure.threshold)"),
          ("large", Self.object(structure.large)), ("small", structure.small.map(Self.object) ?? "null"),
        ])
      ),
    ]
    members.append(
      (
        "asymptote",
        Self.object([
          ("costs", "\(asymptote.costs)"), ("fitted", "\(asymptote.isFitted)"), ("depth", "\(asymptote.depth)"),
          ("shared", "\(asymptote.isShared)"), ("hiding", "\(asymptote.hiding)"),
          (
            "uncached",
            asymptote.uncached.map {
              Self.object([("bytes", "\($0.bytes)"), ("shares", "\($0.shares)"), ("cost", "\($0.cost)")])
            } ?? "null"
          ),
        ])
      ))
    if let remainder {
      members.append(
        (
          "remainder",
          Self.object([
            ("large", remainder.large.map(Self.object) ?? "null"),
            ("small", remainder.small.map(Self.object) ?? "null"),
          ])
        ))
    }
    members.append(("intervals", Self.object(intervals)))
    if let streaming {
      members.append(
        (
          "streaming",
          Self.object([
            ("bytes", "\(streaming.bytes)"), ("seconds", "\(streaming.seconds)"),
            ("log_deviation", "\(streaming.logDeviation)"), ("peak_rate", "\(streaming.peakRate)"),
            ("sustained_rate", "\(streaming.sustainedRate)"),
          ])
        ))
    }
    if !passes.isEmpty {
      let list = passes.map { pass in
        Self.object([
          ("kind", Self.text(pass.kind.rawValue)), ("costs", "\(pass.costs)"),
          ("log_deviation", "\(pass.logDeviation)"), ("bytes", "[\(pass.bytes.lowerBound), \(pass.bytes.upperBound)]"),
        ])
      }
      members.append(("passes", "[\(list.joined(separator: ", "))]"))
    }
    members.append(("folds", "\(crossValidation.folds)"))
    if !operands.isEmpty {
      members.append(("operands", "[\n\(operands.map(Self.object).joined(separator: ",\n"))\n      ]"))
    }
    members.append(("rows", Self.rows(rows, crossValidation)))
    let body = members.map { "      \"\($0)\": \($1)" }.joined(separator: ",\n")
    return "    {\n\(body)\n    }"
  }

  private static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }

  /// A row a shape, with what was said of it unseen.
  private static func rows(_ rows: [FitRow], _ test: CrossValidation) -> String {
    let lines = zip(rows.indices, test.points).map { index, point in
      let row = rows[index]
      return "        [\(row.shape.m), \(row.shape.k), \(row.shape.n), \(row.seconds), \(number(row.noise)), "
        + "\(row.shortest), \(point.predicted), \(point.low), \(point.high)]"
    }
    return "[\n\(lines.joined(separator: ",\n"))\n      ]"
  }

  private static func object(_ intervals: IntervalModel) -> String {
    object([
      ("overall", "\(intervals.overall)"), ("low_quantiles", "\(intervals.lowQuantiles)"),
      ("high_quantiles", "\(intervals.highQuantiles)"), ("growth", "\(intervals.growth.rate)"),
    ])
  }

  private static func object(_ fit: OperandFit) -> String {
    "      "
      + object([
        ("cache", text((fit.group.cache ?? .hot).rawValue)), ("layout", text(fit.group.layout.rawValue)),
        ("costs", "\(fit.correction.costs)"), ("process", object(fit.correction.process)),
        ("intervals", object(fit.intervals)), ("folds", "\(fit.crossValidation.folds)"),
        ("rows", rows(fit.rows, fit.crossValidation)),
      ])
  }

  private static func object(_ path: CodePath) -> String {
    object([
      ("row_panels", "\(path.geometry.rowPanels)"), ("column_panels", "\(path.geometry.columnPanels)"),
      ("depth", "\(path.geometry.depth)"), ("rest", text(path.geometry.rest.rawValue)),
      ("sharing", "\(path.geometry.sharing)"), ("coefficients", "\(path.coefficients)"),
    ])
  }

  private static func object(_ process: ResidualProcess) -> String {
    let parameters = process.parameters
    let pieces = process.pieces.map {
      object([("center", "\($0.center)"), ("rows", "\($0.rows)"), ("weights", "\($0.weights)")])
    }
    return object([
      ("lengths", "\(parameters.lengths)"), ("amplitude", "\(parameters.amplitude)"), ("noise", "\(parameters.noise)"),
      ("spread", "\(process.spread)"), ("pieces", "[\(pieces.joined(separator: ", "))]"),
    ])
  }

  private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "null" }

  /// A string as JSON: quotes, backslashes and control characters escaped.
  private static func text(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<" ": result += "\\u" + String(format: "%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
