internal import ArgumentParser
internal import DataFiles
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import LayerReplay
internal import LinearSolvers
internal import TaskGraphs
internal import TransformerModels

/// How a command ends on an error: one line for the user and the code that `sysexits.h` gives the kind of failure.
struct Failure: Error {
  /// Codes of `sysexits.h`.
  enum Status {
    /// Not of `sysexits.h`: a calibration that ran to its end and is not fit for use.
    static let unfit: Int32 = 3
    static let usage: Int32 = 64
    static let badData: Int32 = 65
    static let noInput: Int32 = 66
    static let unavailable: Int32 = 69
    static let software: Int32 = 70
  }

  let message: String
  let status: Int32

  init(_ status: Int32, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The failure behind an error of any target; nil for one that ArgumentParser itself explains.
  init?(_ error: any Error) {
    switch error {
    case let error as Failure: self = error
    case let error as ValidationError: self.init(Status.usage, error.message)
    case let error as FileError: self.init(error.kind.rawValue, error.description)
    case let error as ShapeError: self.init(Status.usage, error.description)
    case let error as UnsupportedOperation:
      self.init(error.kind == .impossible ? Status.software : Status.usage, error.description)
    case let error as ModelError:
      if case .file(let file) = error {
        self.init(file)
      } else if case .unsupported(let operation) = error {
        self.init(operation)
      } else if case .unknownModel = error {
        self.init(Status.noInput, error.description)
      } else {
        self.init(Status.usage, error.description)
      }
    case let error as FitError: self.init(Status.badData, error.description)
    case let error as CalibrationError: self.init(error.exitCode, error.description)
    case let error as ReplayError:
      if case .model(let model) = error { self.init(model) } else { self.init(error.exitCode, error.description) }
    case let error as SolverError: self.init(Status.software, error.description)
    case let error as GraphError: self.init(Status.software, "\(error)")
    default: return nil
    }
  }
}
