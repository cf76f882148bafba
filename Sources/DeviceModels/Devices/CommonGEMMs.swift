internal import CalibrationData
public import DataFiles
internal import Foundation
internal import GEMMTiming

/// What several devices' rows taught about GEMMs on any other: a set of parameters for each kind of kernels.
public struct CommonGEMMs: Hashable, Sendable {
  private let sets: [CommonGEMMParameters.Kernels: CommonGEMMParameters]

  /// Sets that a fit made; kinds without one have round figures.
  init(_ sets: [CommonGEMMParameters.Kernels: CommonGEMMParameters]) { self.sets = sets }

  /// What comes with gemmcast; round figures, which say so, where its file is not found.
  public static let shipped: CommonGEMMs = {
    guard let path = CalibrationData.file("common/gemms.json", in: .devices),
      let sets = try? CommonGEMMs(contentsOf: path)
    else { return CommonGEMMs([:]) }
    return sets
  }()

  /// Reads what `gemmcast fit --common` wrote.
  ///
  /// - Throws: `FileError` with line and column.
  public init(contentsOf path: String) throws(FileError) {
    let root = try JSONDocument(contentsOf: path).root
    try root.allow(["format", "sets"])
    let format = try root.required("format")
    guard try format.string() == Self.format else {
      throw format.error("format is \(try format.string())", remedy: "\"\(Self.format)\" is expected")
    }
    var sets: [CommonGEMMParameters.Kernels: CommonGEMMParameters] = [:]
    for entry in try root.required("sets").array() {
      let name = try entry.required("kernels")
      guard let kernels = CommonGEMMParameters.Kernels(rawValue: try name.string()), sets[kernels] == nil else {
        let known = CommonGEMMParameters.Kernels.allCases.map(\.rawValue).joined(separator: ", ")
        throw name.error("there are no such kernels, or they stand here twice", remedy: "one of \(known)")
      }
      sets[kernels] = try CommonGEMMParameters(entry)
    }
    self.sets = sets
  }

  /// The parameters of one kind of kernels.
  func parameters(_ kernels: CommonGEMMParameters.Kernels) -> CommonGEMMParameters { sets[kernels] ?? .start(kernels) }

  /// Whether rows taught the parameters of one kind of kernels.
  func has(_ kernels: CommonGEMMParameters.Kernels) -> Bool { sets[kernels] != nil }

  /// The content of a file that ``init(contentsOf:)`` reads.
  public var json: JSONText {
    .object([
      ("format", .string(Self.format)),
      (
        "sets",
        .array(
          CommonGEMMParameters.Kernels.allCases.compactMap { kernels in
            sets[kernels].map { $0.json(kernels) }
          })
      ),
    ])
  }

  private static let format = "gemmcast-common-gemms-1"
}
