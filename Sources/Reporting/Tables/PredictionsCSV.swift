internal import DataFiles
public import GEMMTiming

/// Answers to `time`: one row an asked shape, in the order asked, as CSV, as JSON and as a table for people.
public enum PredictionsCSV {
  /// One asked shape and its answer.
  public struct Row: Hashable, Sendable {
    /// The shape.
    public var shape: GEMMShape
    /// The element type.
    public var dtype: DataType
    /// The device's name.
    public var device: String
    /// The time.
    public var prediction: TimePrediction
    /// Where the weights are taken to come from: `six in turn` or `memory`; nil where that is not modelled.
    public var weights: String?

    /// An asked shape and its answer.
    public init(shape: GEMMShape, dtype: DataType, device: String, prediction: TimePrediction, weights: String? = nil) {
      self.weights = weights
      self.shape = shape
      self.dtype = dtype
      self.device = device
      self.prediction = prediction
    }
  }

  /// The columns; `lo` and `hi` are the ends of the 90 % prediction interval.
  public static let columns = [
    "m", "k", "n", "batch", "dtype", "device", "time_us", "time_lo_us", "time_hi_us", "bound", "source",
    "weights_from",
  ]

  /// The rows as CSV text.
  public static func text(_ rows: [Row]) -> String {
    CSVDocument.serialize(
      header: columns,
      rows: rows.lazy.map { row in
        [
          String(row.shape.m), String(row.shape.k), String(row.shape.n), String(row.shape.batch), row.dtype.rawValue,
          row.device,
        ] + row.prediction.microsecondFields + [
          row.prediction.bound.rawValue, row.prediction.source.rawValue, row.weights ?? "",
        ]
      })
  }

  /// The rows as a JSON array of objects with the same names and units as the CSV.
  public static func json(_ rows: [Row]) -> String {
    JSONText.array(
      rows.map { row in
        .object(
          [
            ("m", .integer(row.shape.m)), ("k", .integer(row.shape.k)), ("n", .integer(row.shape.n)),
            ("batch", .integer(row.shape.batch)), ("dtype", .string(row.dtype.rawValue)),
            ("device", .string(row.device)),
          ] + row.prediction.jsonMembers + [("weights_from", row.weights.map { .string($0) } ?? .null)])
      }
    ).text
  }

  /// The rows as an aligned table for people.
  public static func table(_ rows: [Row]) -> DocumentTable {
    DocumentTable(
      [
        .init("GEMM (m,k,n)"), .init("type"), .init("device"), .init("time", .right), .init("90 % interval", .right),
        .init("throughput", .right), .init("bound"), .init("source"),
      ],
      rows: rows.map { row in
        [
          row.shape.description, row.dtype.rawValue, row.device, Quantity.time(row.prediction.seconds),
          row.prediction.intervalText, Quantity.throughput(row.shape.flops / row.prediction.seconds),
          row.prediction.bound.rawValue, row.prediction.source.rawValue,
        ]
      })
  }
}

extension TimePrediction {
  /// `time_us,time_lo_us,time_hi_us` as fields of a CSV.
  var microsecondFields: [String] { [seconds, low, high].map(TimingTable.microseconds) }

  /// The same as members of a JSON object, and `bound` and `source`.
  var jsonMembers: [(String, JSONText)] {
    [
      ("time_us", .number(seconds * 1e6)), ("time_lo_us", .number(low * 1e6)), ("time_hi_us", .number(high * 1e6)),
      ("bound", .string(bound.rawValue)), ("source", .string(source.rawValue)),
    ]
  }

  /// `11.90 ms … 12.80 ms`.
  var intervalText: String { "\(Quantity.time(low)) … \(Quantity.time(high))" }
}
