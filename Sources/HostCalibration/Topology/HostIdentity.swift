internal import Foundation

/// Which machine a table is of: what decides how fast its cores compute, whatever the CPU is called.
///
/// `AuthenticAMD 25/1/1 L1=32K L2=512K L3=32M cores=2`: the maker, family/model/stepping, the data caches that the first
/// core sees, and the machine's cores. Virtual machines of one cloud type are alike in all of it; another type that has
/// the same marketing name is not.
public struct HostIdentity: Hashable, Sendable, CustomStringConvertible {
  /// The maker and its numbers for the CPU, as in `AuthenticAMD 25/1/1`.
  public let processor: String
  /// Data and unified caches of the first core, the nearest first, as the system spells their sizes: `L1=32K`.
  public let caches: [String]
  /// Cores of the machine, allowed to this process or not.
  public let cores: Int

  /// Reads /proc/cpuinfo and /sys/devices/system/cpu, which no variable steers.
  ///
  /// What the system does not say is `?`. O(processors).
  public init(files: HostFiles = HostFiles()) {
    func field(_ name: String) -> String { files.processorInformation(name) ?? "?" }
    if let vendor = files.processorInformation("vendor_id") {
      processor = "\(vendor) " + ["cpu family", "model", "stepping"].map(field).joined(separator: "/")
    } else {
      // Arm kernels give numbers of their own.
      processor =
        "CPU " + ["CPU implementer", "CPU part", "CPU variant", "CPU revision"].map(field).joined(separator: "/")
    }
    caches = (0..<8).compactMap { index in
      let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)/"
      func value(_ name: String) -> String? {
        files.text(folder + name)?.split(whereSeparator: \.isWhitespace).first.map(String.init)
      }
      guard let level = value("level"), let size = value("size"), value("type") != "Instruction" else { return nil }
      return "L\(level)=\(size)"
    }
    cores = Self.cores(files.text("/proc/cpuinfo") ?? "")
  }

  /// Different pairs of package and core; processors where the system tells no cores apart.
  private static func cores(_ text: String) -> Int {
    var pairs: Set<String> = []
    var processors = 0
    var package = ""
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "processor": processors += 1
      case "physical id": package = parts[1]
      case "core id": pairs.insert("\(package)/\(parts[1])")
      default: continue
      }
    }
    return max(pairs.isEmpty ? processors : pairs.count, 1)
  }

  /// As the column `machine` of a table has it.
  public var description: String {
    ([processor] + caches + ["cores=\(cores)"]).joined(separator: " ")
  }
}
