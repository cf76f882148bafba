internal import Foundation
internal import Glibc
internal import Synchronization

/// OpenBLAS is loaded when it is first asked for anything: forecasts run on machines that have none.
extension OpenBLAS {
  /// Its functions, as `cblas.h` and the reference LAPACK declare them (Fortran 77: all by reference, lengths of
  /// character arguments left out, as every C caller does).
  struct Library: Sendable {
    typealias Integer = UnsafePointer<blasint>
    typealias Reals = UnsafeMutablePointer<Double>
    typealias Status = UnsafeMutablePointer<blasint>
    typealias Text = @convention(c) () -> UnsafeMutablePointer<CChar>?

    let sgemm:
      @convention(c) (
        UInt32, UInt32, UInt32, blasint, blasint, blasint, Float, UnsafePointer<Float>, blasint, UnsafePointer<Float>,
        blasint, Float, UnsafeMutablePointer<Float>, blasint
      ) -> Void
    let scopy: @convention(c) (blasint, UnsafePointer<Float>, blasint, UnsafeMutablePointer<Float>, blasint) -> Void
    let saxpy:
      @convention(c) (blasint, Float, UnsafePointer<Float>, blasint, UnsafeMutablePointer<Float>, blasint) -> Void
    let dsyrk:
      @convention(c) (
        UInt32, UInt32, UInt32, blasint, blasint, Double, UnsafePointer<Double>, blasint, Double, Reals, blasint
      ) -> Void
    /// Least squares of a full-rank m×n system by QR.
    let dgels:
      @convention(c) (
        UnsafePointer<CChar>, Integer, Integer, Integer, Reals, Integer, Reals, Integer, Reals, Integer, Status
      ) -> Void
    /// Cholesky factor of a symmetric positive definite matrix.
    let dpotrf: @convention(c) (UnsafePointer<CChar>, Integer, Reals, Integer, Status) -> Void
    /// Solve with the factor from dpotrf.
    let dpotrs:
      @convention(c) (
        UnsafePointer<CChar>, Integer, Integer, UnsafePointer<Double>, Integer, Reals, Integer, Status
      ) -> Void
    /// Inverse from the factor that dpotrf gave, in its place.
    let dpotri: @convention(c) (UnsafePointer<CChar>, Integer, Reals, Integer, Status) -> Void
    let configuration: Text
    let coreName: Text
    let threads: @convention(c) () -> Int32
    let setThreads: @convention(c) (Int32) -> Void
    let parallel: @convention(c) () -> Int32
    /// `openblas_setaffinity`, which older builds lack.
    let setAffinity: (@convention(c) (Int32, Int, UnsafeMutablePointer<cpu_set_t>) -> Int32)?
  }

  // Values of cblas.h's enumerations.
  static let rowMajor: UInt32 = 101
  static let columnMajor: UInt32 = 102
  static let notTransposed: UInt32 = 111
  static let transposed: UInt32 = 112
  static let lower: UInt32 = 122

  /// The library where it can be used to solve; nil where there is none, or no room for it.
  ///
  /// A buffer of 128 MiB is asked for again and again where the address space is too small for it (0.3.21,
  /// `blas_memory_alloc`), and the library reserves about as much when it is loaded.
  static let solver: Library? = {
    var limit = rlimit()
    let isRoomy = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) != 0 || limit.rlim_cur >= 1 << 30
    return isRoomy ? library : nil
  }()

  /// The library; nil where there is none.
  static let library: Library? = try? loaded.get()

  /// Why there is none; nil where it is loaded.
  static var problem: String? {
    if case .failure(let failure) = loaded { return failure.description }
    return nil
  }

  /// Has the library start no threads of its own where it is not loaded yet, and use none where it is.
  ///
  /// Its threads spin while they wait, which costs other processes their cores, and each takes address space.
  static func runOnOneThread() {
    let isLoaded = state.withLock { state in
      state.startsThreads = false
      return state.isLoaded
    }
    if isLoaded { library?.setThreads(1) }
  }

  private struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  private struct LoadingState {
    var startsThreads = true
    var isLoaded = false
  }

  private static let state = Mutex(LoadingState())
  private static let fileName = "libopenblas.so.0"

  private static let loaded: Result<Library, Missing> = {
    let variable = "OPENBLAS_NUM_THREADS"
    let inherited = getenv(variable).map { String(cString: $0) }
    let isAlone = state.withLock { state in
      state.isLoaded = true
      return !state.startsThreads
    }
    // It reads the variable once, while it is loaded.
    if isAlone { setenv(variable, "1", 1) }
    let handle = dlopen(fileName, RTLD_NOW | RTLD_LOCAL)
    if isAlone {
      if let inherited { setenv(variable, inherited, 1) } else { unsetenv(variable) }
    }
    guard let handle else {
      return .failure(
        Missing(description: "OpenBLAS is not installed (\(fileName)); apt-get install libopenblas0-pthread"))
    }
    func symbol<Function>(_ name: String, _: KeyPath<Library, Function>) -> Function? {
      dlsym(handle, name).map { unsafeBitCast($0, to: Function.self) }
    }
    guard let configuration = symbol("openblas_get_config", \.configuration),
      let coreName = symbol("openblas_get_corename", \.coreName),
      let sgemm = symbol("cblas_sgemm", \.sgemm),
      let scopy = symbol("cblas_scopy", \.scopy),
      let saxpy = symbol("cblas_saxpy", \.saxpy),
      let dsyrk = symbol("cblas_dsyrk", \.dsyrk),
      let dgels = symbol("dgels_", \.dgels),
      let dpotrf = symbol("dpotrf_", \.dpotrf),
      let dpotrs = symbol("dpotrs_", \.dpotrs),
      let dpotri = symbol("dpotri_", \.dpotri),
      let threads = symbol("openblas_get_num_threads", \.threads),
      let setThreads = symbol("openblas_set_num_threads", \.setThreads),
      let parallel = symbol("openblas_get_parallel", \.parallel)
    else {
      return .failure(
        Missing(
          description: "\(fileName) is another library under OpenBLAS's name or lacks LAPACK; "
            + "apt-get install libopenblas0-pthread"))
    }
    guard configuration().map({ !String(cString: $0).contains("USE64BITINT") }) ?? false else {
      return .failure(
        Missing(description: "\(fileName) takes integers of 64 bits; apt-get install libopenblas0-pthread"))
    }
    return .success(
      Library(
        sgemm: sgemm, scopy: scopy, saxpy: saxpy, dsyrk: dsyrk, dgels: dgels, dpotrf: dpotrf, dpotrs: dpotrs,
        dpotri: dpotri, configuration: configuration, coreName: coreName, threads: threads, setThreads: setThreads,
        parallel: parallel,
        setAffinity: symbol("openblas_setaffinity", \.setAffinity).flatMap(\.self)))
  }()
}
