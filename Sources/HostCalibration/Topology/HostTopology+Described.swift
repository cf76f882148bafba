internal import Foundation

extension HostTopology {
  /// The machine as the environment describes it to hwloc, where that is another one; else this machine.
  ///
  /// For showing alone: what is measured is measured on this machine (``discover(synthetic:files:environment:)``).
  ///
  /// - Parameters:
  ///   - files: where /proc and /sys are read.
  ///   - environment: the variables that count; what this process inherited unless given.
  /// - Returns: the described machine, or this one.
  /// - Throws: ``CalibrationError/describedMachine(variable:value:problem:)`` where hwloc cannot read the description.
  public static func described(
    files: HostFiles = HostFiles(), environment: [String: String]? = nil
  ) throws(CalibrationError) -> HostTopology {
    let environment = environment ?? InheritedEnvironment.variables
    let own = try discover(files: files, environment: environment)
    return try own.otherMachine(files: files) ?? own
  }

  /// Refuses to measure where the environment tells hwloc of another machine than this one.
  ///
  /// Whoever set the variable takes that machine's cores for this one's. A file that describes this machine is no obstacle.
  ///
  /// - Throws: ``CalibrationError/describedMachine(variable:value:problem:)``.
  public func requireOwnMachine() throws(CalibrationError) {
    guard let other = try otherMachine(files: HostFiles()),
      let described = TopologyVariable.description(in: topologyEnvironment)
    else { return }
    throw .describedMachine(
      variable: described.variable, value: described.value,
      problem: "describes a machine of \(other.size), this one has \(size)")
  }

  /// The machine that the environment describes; nil where it describes none, or this one.
  private func otherMachine(files: HostFiles) throws(CalibrationError) -> HostTopology? {
    guard let (variable, value, machine) = TopologyVariable.description(in: topologyEnvironment) else { return nil }
    let other: HostTopology
    do {
      other = try HostTopology.discover(machine, files: files, environment: [:])
    } catch {
      throw .describedMachine(variable: variable, value: value, problem: Self.problem(with: machine))
    }
    if case .file = machine, isDescribed(by: other) { return nil }
    var result = other
    (result.steeringEnvironment, result.topologyEnvironment) = (steeringEnvironment, topologyEnvironment)
    return result
  }

  /// Whether cores and hardware threads are those of this machine.
  private func isDescribed(by other: HostTopology) -> Bool {
    other.machineCores == machineCores && other.machineProcessingUnits == machineProcessingUnits
      && other.packages == packages
      && Set(cores.map(\.processingUnits)).isSubset(of: other.cores.map(\.processingUnits))
  }

  private var size: String {
    "\(machineCores) \(machineCores == 1 ? "core" : "cores") and \(machineProcessingUnits) hardware "
      + (machineProcessingUnits == 1 ? "thread" : "threads")
  }

  /// Why hwloc reads no machine from a description.
  private static func problem(with machine: MachineDescription) -> String {
    switch machine {
    case .synthetic: return "is no machine in hwloc's synthetic form (package:2 core:4 pu:2)"
    case .file(let path):
      guard let handle = FileHandle(forReadingAtPath: path) else { return "cannot be read" }
      defer { try? handle.close() }
      let start = String(decoding: (try? handle.read(upToCount: 4096)) ?? Data(), as: UTF8.self)
      guard let version = start.firstMatch(of: /<topology[^>]*\bversion="([0-9.]{1,12})"/)?.1 else {
        return "is no topology that hwloc \(Hwloc.version) reads"
      }
      return "is a topology of version \(version), which hwloc \(Hwloc.version) cannot read"
    }
  }
}
