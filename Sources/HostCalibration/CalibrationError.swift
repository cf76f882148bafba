public import DataFiles
public import GEMMTiming

/// Why a host cannot be looked at or measured.
public enum CalibrationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// hwloc refused; the text says what was asked of it.
  case topology(String)
  /// A library that measuring needs is not there; the text says which, and what to install.
  case unavailable(String)
  /// OpenBLAS has no kernel of that name, or this CPU cannot run it: it fell back to `used`.
  case coreTypeRefused(asked: String, used: String)
  /// The environment tells hwloc of another machine, or of one that it cannot read, by the variable that is named.
  case describedMachine(variable: String, value: String, problem: String)
  /// More threads than OpenBLAS gives, or than the cores that this process may use; the last says which.
  case tooManyThreads(asked: Int, available: Int, because: String = "")
  /// The operands of a shape need more bytes than are allowed.
  case overMemory(GEMMShape, bytes: Double, limit: Double)
  /// The system gave no memory for the operands of a shape.
  case outOfMemory(GEMMShape, bytes: Double)
  /// sgemm's result differs from the naive product by more than rounding explains.
  case wrongResult(GEMMShape, error: Double, tolerance: Double)
  /// Only fp32 is measured on a host.
  case unsupportedType(GEMMShape, DataType)
  /// A plan that measures nothing or contradicts itself; the text says what would be right.
  case badPlan(String)
  /// The measuring child process could not be started, ended early, fell silent, or spoke another language.
  case worker(String)
  /// The system gave no more open files or processes; the text says for what.
  case outOfResources(String)
  /// Another calibration is writing that file.
  case outputInUse(file: String)
  /// A table that this calibration cannot continue, with the column that differs.
  case otherCalibration(file: String, column: String, theirs: String, ours: String)
  /// Rows that are to be pooled and are not of one thing.
  case notPoolable(MeasurementConflict)
  /// The stop flag was raised while something was being measured.
  case stopped
  /// A table or shapes file is at fault.
  case file(FileError)

  /// One line for people.
  public var description: String {
    switch self {
    case .topology(let detail): "the machine's topology cannot be read: \(detail)"
    case .unavailable(let detail): detail
    case .coreTypeRefused(let asked, let used):
      "OpenBLAS refuses core type \(asked) and falls back to \(used); name one that this CPU runs, or auto"
    case .describedMachine(let variable, let value, let problem):
      "\(variable)=\(value) \(problem); unset \(variable) and this machine is looked at itself"
    case .tooManyThreads(let asked, let available, let reason):
      "\(asked) threads were asked for; \(available) can run here" + (reason.isEmpty ? "" : ": \(reason)")
    case .overMemory(let shape, let bytes, let limit):
      "shape \(shape) needs \(Self.mebibytes(bytes)) for its operands; the limit is \(Self.mebibytes(limit)) (--max-memory)"
    case .outOfMemory(let shape, let bytes):
      "there is no memory for shape \(shape): its operands take \(Self.mebibytes(bytes))"
    case .wrongResult(let shape, let error, let tolerance):
      "sgemm's result for shape \(shape) is off by \(error), more than rounding explains (\(tolerance))"
    case .unsupportedType(let shape, let dtype):
      "shape \(shape) asks for \(dtype.rawValue); a host is measured in fp32 only"
    case .badPlan(let detail): detail
    case .worker(let detail): "the measuring process failed: \(detail)"
    case .outOfResources(let detail): detail
    case .outputInUse(let file):
      "\(file): another calibration is writing it; wait for its end, or name another file with --output"
    case .otherCalibration(let file, let column, let theirs, let ours):
      "\(file): its \(column) is \(theirs), here it is \(ours); \(Self.cure(column, theirs: theirs))"
    case .notPoolable(let conflict):
      "\(conflict); fit them apart, or give each a device name of its own"
    case .stopped: "stopped"
    case .file(let error): error.description
    }
  }

  /// How a table that differs in one column can be gone on with all the same.
  private static func cure(_ column: String, theirs: String) -> String {
    switch column {
    case "kernel": "--core-type \(theirs) goes on with it, --fresh begins anew"
    case "library": "run it with \(theirs), or begin another table with --output"
    case "device", "machine": "go on with it on that machine, or begin another table with --output"
    default: "begin another table with --output"
    }
  }

  /// The code of `sysexits.h` that a command should end with.
  public var exitCode: Int32 {
    switch self {
    case .badPlan, .coreTypeRefused, .tooManyThreads: 64
    case .overMemory, .unsupportedType, .otherCalibration, .notPoolable: 65
    case .unavailable: 69
    case .topology, .outOfMemory, .outOfResources: 71
    case .outputInUse: 75
    case .describedMachine: 78
    case .wrongResult, .worker: 70
    case .stopped: 130
    case .file(let error): error.kind.rawValue
    }
  }

  private static func mebibytes(_ bytes: Double) -> String {
    FixedPoint.text(bytes / 1_048_576, decimals: bytes < 10_485_760 ? 1 : 0) + " MiB"
  }
}
