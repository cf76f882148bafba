public import DataFiles
internal import GEMMTiming

extension CollectiveFit {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow(["name", "matches", "host_s", "copies", "protocols", "spread", "source", "rows_of"])
    name = try value.required("name").nonEmptyString()
    matches = try value.required("matches").mapped { (item) throws(FileError) in try item.nonEmptyString() }
    hostSeconds = try value.number("host_s", from: 0)
    copies = try value.number("copies", from: 0)
    let table = try value.required("protocols")
    try table.allow(Communication.Kind.allCases.map(\.rawValue))
    var protocols: [Communication.Kind: [CollectiveProtocol]] = [:]
    for kind in Communication.Kind.allCases {
      protocols[kind] = try table[kind.rawValue]?.mapped(CollectiveProtocol.init)
    }
    self.protocols = protocols
    spread = try .init(value.required("spread"))
    source = try value.required("source").nonEmptyString()
    rowsOf = try value["rows_of"]?.nonEmptyString()
  }

  /// The fit as an entry of a device file's `collective_fits`.
  public var json: JSONText {
    let origin = rowsOf.map { [("rows_of", JSONText.string($0))] } ?? []
    return .object(
      [
        ("name", .string(name)), ("matches", .array(matches.map { .string($0) })), ("host_s", .number(hostSeconds)),
        ("copies", .number(copies)),
        (
          "protocols",
          .object(
            Communication.Kind.allCases.compactMap { kind in
              protocols[kind].map { (kind.rawValue, .array($0.map(\.json))) }
            })
        ),
        ("spread", spread.json), ("source", .string(source)),
      ] + origin)
  }
}

extension CollectiveProtocol {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow([
      "name", "base_s", "step_s", "steps", "volume", "bandwidth_fraction", "half_ranks", "pipelining",
      "minimum_ranks", "maximum_bytes", "estimate",
    ])
    name = try value.required("name").nonEmptyString()
    baseSeconds = try value.number("base_s", from: 0)
    stepSeconds = try value.number("step_s", from: 0)
    steps = try value.required("steps").word()
    volume = try value.required("volume").word()
    bandwidthFraction = try value.number("bandwidth_fraction", above: 0, upTo: 1)
    halfRanks = try value.number("half_ranks", from: 0)
    if value["pipelining"] != nil { pipelining = try value.number("pipelining", from: 1, upTo: 10) }
    if value["minimum_ranks"] != nil { minimumRanks = try value.number("minimum_ranks", from: 2) }
    maximumBytes = value["maximum_bytes"] == nil ? nil : try value.number("maximum_bytes", above: 0)
    estimate = try value["estimate"].map(Estimate.init)
    if let limit = value["maximum_bytes"], estimate != nil {
      throw limit.error("an estimate decides up to which size", remedy: "leave out maximum_bytes or estimate")
    }
  }

  fileprivate var json: JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(name)), ("base_s", .number(baseSeconds)), ("step_s", .number(stepSeconds)),
      ("steps", .string(steps.rawValue)), ("volume", .string(volume.rawValue)),
      ("bandwidth_fraction", .number(bandwidthFraction)), ("half_ranks", .number(halfRanks)),
    ]
    if pipelining != 1 { members.append(("pipelining", .number(pipelining))) }
    if minimumRanks != 2 { members.append(("minimum_ranks", .number(minimumRanks))) }
    if let maximumBytes { members.append(("maximum_bytes", .number(maximumBytes))) }
    if let estimate { members.append(("estimate", estimate.json)) }
    return .object(members)
  }
}

extension CollectiveProtocol.Estimate {
  init(_ value: JSONValue) throws(FileError) {
    try value.allow(["base_s", "step_s", "bandwidth_fraction"])
    baseSeconds = try value.number("base_s", from: 0)
    stepSeconds = try value.number("step_s", from: 0)
    bandwidthFraction = try value.number("bandwidth_fraction", above: 0)
  }

  fileprivate var json: JSONText {
    .object([
      ("base_s", .number(baseSeconds)), ("step_s", .number(stepSeconds)),
      ("bandwidth_fraction", .number(bandwidthFraction)),
    ])
  }
}
