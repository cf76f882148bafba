import Foundation
import Testing

@testable import HostCalibration

@Suite struct HostIdentityTests {
  /// A root with the files of a machine.
  private func machine(_ cpuinfo: String, caches: [(level: String, type: String, size: String)] = []) throws
    -> (folder: TemporaryFolder, files: HostFiles)
  {
    let folder = try TemporaryFolder()
    try folder.write(cpuinfo, to: "proc/cpuinfo")
    for (index, cache) in caches.enumerated() {
      let place = "sys/devices/system/cpu/cpu0/cache/index\(index)/"
      for (name, value) in [("level", cache.level), ("type", cache.type), ("size", cache.size)] {
        try folder.write(value + "\n", to: place + name)
      }
    }
    return (folder, HostFiles(root: folder.path))
  }

  private let caches = [
    ("1", "Data", "32K"), ("1", "Instruction", "48K"), ("2", "Unified", "512K"), ("3", "Unified", "32768K"),
  ]

  private func cpuinfo(model: Int, name: String = "ACME Fast") -> String {
    (0..<4).map { processor in
      """
      processor\t: \(processor)
      vendor_id\t: AuthenticAMD
      cpu family\t: 25
      model\t\t: \(model)
      model name\t: \(name)
      stepping\t: 1
      physical id\t: 0
      core id\t\t: \(processor / 2)

      """
    }.joined(separator: "\n")
  }

  @Test func aMachineIsToldByWhatDecidesItsSpeed() throws {
    let (folder, files) = try machine(cpuinfo(model: 1), caches: caches)
    #expect(
      HostIdentity(files: files).description == "AuthenticAMD 25/1/1 L1=32K L2=512K L3=32768K cores=2")
    withExtendedLifetime(folder) {}
  }

  @Test func theMarketingNameDoesNotCount() throws {
    let first = try machine(cpuinfo(model: 1), caches: caches)
    let renamed = try machine(cpuinfo(model: 1, name: "Other Name"), caches: caches)
    let next = try machine(cpuinfo(model: 17), caches: caches)
    let smaller = try machine(cpuinfo(model: 1), caches: Array(caches.dropLast()))
    #expect(HostIdentity(files: first.files) == HostIdentity(files: renamed.files))
    #expect(HostIdentity(files: first.files) != HostIdentity(files: next.files))
    #expect(HostIdentity(files: first.files) != HostIdentity(files: smaller.files))
    withExtendedLifetime((first, renamed, next, smaller)) {}
  }

  @Test func whatIsNotSaidIsAQuestionMark() throws {
    let (folder, files) = try machine(
      "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd40\n\nprocessor : 1\nCPU implementer : 0x41\n")
    #expect(HostIdentity(files: files).description == "CPU 0x41/0xd40/?/? cores=2")
    #expect(HostIdentity(files: HostFiles(root: "/none")).description == "CPU ?/?/?/? cores=1")
    withExtendedLifetime(folder) {}
  }
}
