import DataFiles
import Foundation
import Testing

/// What `topology` shows, and what becomes of the machines that the environment tells hwloc of.
@Suite struct TopologyCommandTests {
  /// Four small cores before two big ones, as hwloc 2 writes a topology.
  private static func hybrid(version: String = "2.0") -> String {
    func object(_ attributes: String, _ set: Int, _ inner: String) -> String {
      let mask = "0x" + String(repeating: "0", count: 7) + String(set, radix: 16)
      return """
        <object \(attributes) cpuset="0x000000\(String(set, radix: 16).count == 1 ? "0" : "")\(String(set, radix: 16))" \
        complete_cpuset="\(mask.suffix(10))" nodeset="0x00000001" complete_nodeset="0x00000001">\(inner)</object>
        """
    }
    let cores = (0..<6).map { index in
      let unit = object("type=\"PU\" os_index=\"\(index)\" gp_index=\"\(20 + index)\"", 1 << index, "")
      return object("type=\"Core\" os_index=\"\(index)\" gp_index=\"\(10 + index)\"", 1 << index, unit)
    }
    let node = object("type=\"NUMANode\" os_index=\"0\" gp_index=\"2\" local_memory=\"1073741824\"", 0x3f, "")
    let all = "allowed_cpuset=\"0x0000003f\" allowed_nodeset=\"0x00000001\""
    let machine = object("type=\"Machine\" os_index=\"0\" gp_index=\"1\" \(all)", 0x3f, node + cores.joined())
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE topology SYSTEM "hwloc2.dtd">
      <topology version="\(version)">\(machine)
      <cpukind cpuset="0x0000000f" forced_efficiency="10"><info name="CoreType" value="Small"/></cpukind>
      <cpukind cpuset="0x00000030" forced_efficiency="20"><info name="CoreType" value="Big"/></cpukind>
      </topology>
      """
  }

  @Test func topologyIsTextAndJSON() throws {
    let text = try BuiltCommand.run(["topology"])
    #expect(text.status == 0)
    for heading in ["Processor", "Caches", "Memory", "OpenBLAS", "Warnings"] { #expect(text.output.contains(heading)) }
    let json = try BuiltCommand.run(["topology", "--format", "json"], environment: ["OPENBLAS_CORETYPE": "Prescott"])
    let root = try JSONDocument(text: json.output, file: "topology").root
    #expect(try root.required("cores").integer() >= 1)
    #expect(try root.required("environment").required("OPENBLAS_CORETYPE").string() == "Prescott")
    #expect(try root.required("warnings").array().contains { try $0.string().contains("OPENBLAS_CORETYPE=Prescott") })
    #expect(try BuiltCommand.run(["topology", "--format", "csv"]).status == 64)
  }

  @Test func coresOfSeveralKindsAreShownAndTheFastestIsFirst() throws {
    let folder = try TemporaryFolder()
    let environment = ["HWLOC_XMLFILE": try folder.file("hybrid.xml", Self.hybrid())]
    let text = try BuiltCommand.run(["topology"], environment: environment)
    #expect(text.status == 0, "\(text.diagnostics)")
    let words = text.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("core kind 1, the fastest hardware threads 4-5 (CoreType=Big)"))
    #expect(words.contains("core kind 2, the slowest hardware threads 0-3 (CoreType=Small)"))
    #expect(words.contains("one thread runs on hardware threads 4-5"))
    #expect(words.contains("all threads run on 2 of the fastest cores and 4 others"))
    #expect(words.contains("threads at full speed not known: this is another machine's topology"))
    #expect(
      words.contains(
        "HWLOC_XMLFILE=\(folder.url("hybrid.xml").path) is set: cores, caches and memory are of the machine"))
    let json = try BuiltCommand.run(["topology", "--format", "json"], environment: environment)
    let root = try JSONDocument(text: json.output, file: "topology").root
    #expect(try root.required("core_kinds").array().count == 2)
    #expect(json.output.contains("\"usable_threads\" : null") && json.output.contains("\"is_this_machine\" : false"))
  }

  @Test(arguments: ["3.0", "4.1"])
  func aFileThatHwlocCannotReadIsNamedWithItsVersion(version: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("new.xml", Self.hybrid(version: version))
    for arguments in [["topology"], ["calibrate", "--output", "-"]] {
      let result = try BuiltCommand.run(arguments, environment: ["HWLOC_XMLFILE": path])
      #expect(result.status == 78 && result.output.isEmpty)
      #expect(result.diagnostics.contains("HWLOC_XMLFILE=\(path) is a topology of version \(version), which hwloc 2"))
      #expect(result.diagnostics.count(where: { $0 == "\n" }) == 1)
    }
  }

  @Test func anotherMachineIsNotCalibrated() throws {
    let folder = try TemporaryFolder()
    let cases = [
      ("HWLOC_SYNTHETIC", "package:2 core:2000 pu:1", "describes a machine of 4000 cores"),
      ("HWLOC_SYNTHETIC", "no machine", "synthetic form"), ("HWLOC_XMLFILE", "/nowhere/x.xml", "cannot be read"),
      ("HWLOC_XMLFILE", try folder.file("no.xml", "<html/>"), "is no topology that hwloc"),
    ]
    for (variable, value, problem) in cases {
      let result = try BuiltCommand.run(["calibrate", "--output", "-"], environment: [variable: value])
      #expect(result.status == 78, "\(value): \(result.diagnostics)")
      #expect(result.diagnostics.contains("\(variable)=\(value)") && result.diagnostics.contains(problem))
      #expect(result.diagnostics.contains("unset \(variable)"))
    }
  }

  @Test func whatElseIsToldToHwlocIsSetAsideAndForecastsDoNotLookAtIt() throws {
    let result = try BuiltCommand.run(["topology"], environment: ["HWLOC_COMPONENTS": "noos,stop"])
    let plain = try BuiltCommand.run(["topology", "--format", "json"])
    let beside = try BuiltCommand.run(["topology", "--format", "json"], environment: ["HWLOC_FSROOT": "/nowhere"])
    #expect(result.output.contains("HWLOC_COMPONENTS=noos,stop is set, and set aside"))
    let (one, other) = try (
      JSONDocument(text: plain.output, file: "a").root, JSONDocument(text: beside.output, file: "b").root
    )
    for key in ["cores", "hardware_threads", "usable_threads", "packages"] {
      #expect(try one.required(key).integer() == other.required(key).integer())
    }
    #expect(beside.output.contains("HWLOC_FSROOT=/nowhere is set, and set aside"))
    let table = try PlantedHost.fitted()
    let arguments = ["time", "--m", "64", "--k", "64", "--n", "64", "--device", "host", "--table", table]
    let forecast = try BuiltCommand.run(arguments)
    let told = try BuiltCommand.run(
      arguments, environment: ["HWLOC_XMLFILE": "/nowhere/x.xml", "HWLOC_SYNTHETIC": "package:9 core:9 pu:1"])
    #expect(forecast.status == 0 && told.status == 0 && forecast.output == told.output)
  }

  @Test func aVariableIsSaidToBeSetNotToDecide() throws {
    let result = try BuiltCommand.run(
      ["topology"], environment: ["OPENBLAS_DEFAULT_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Foo"])
    let words = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("OPENBLAS_DEFAULT_NUM_THREADS=1 is set; OpenBLAS runs"))
    #expect(words.contains("OPENBLAS_CORETYPE=Foo is set; the kernel is") && !words.contains("decides"))
  }
}
