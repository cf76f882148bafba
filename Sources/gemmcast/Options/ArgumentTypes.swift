public import ArgumentParser
public import ForeignTables
public import GEMMTiming
public import TransformerModels

// Values of the libraries that options take by name.

extension DataType: ExpressibleByArgument {
  /// Reads the names that tables of other tools use as well.
  public init?(argument: String) { self.init(name: argument) }
}

extension Communication.Kind: ExpressibleByArgument {}

extension ForeignFormat: ExpressibleByArgument {}

extension ImportOptions.Rows: ExpressibleByArgument {}

extension ParallelPlan.Sharding: ExpressibleByArgument {}

extension PathLevel: ExpressibleByArgument {}
