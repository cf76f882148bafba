import Testing

@testable import HostCalibration

@Suite struct ControlGroupTests {
  private func group(_ files: [String: String]) throws -> ControlGroup {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(text, to: name) }
    return ControlGroup(files: HostFiles(root: folder.path))
  }

  private static let version2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"

  @Test func version2TakesTheLeastOfAllLevels() throws {
    let group = try group([
      "proc/self/mountinfo": "22 1 8:1 / / rw - ext4 /dev/sda rw\n" + Self.version2,
      "proc/self/cgroup": "0::/user.slice/job\n",
      "sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n",
      "sys/fs/cgroup/user.slice/memory.max": "4294967296\n",
      "sys/fs/cgroup/user.slice/job/cpu.max": "max 100000\n",
      "sys/fs/cgroup/user.slice/job/memory.max": "8589934592\n",
    ])
    #expect(group.cpuQuota == 1.5)
    #expect(group.memoryLimit == 4_294_967_296)
  }

  @Test func version2WithoutLimits() throws {
    let group = try group([
      "proc/self/mountinfo": Self.version2, "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n",
    ])
    #expect(group.cpuQuota == nil)
    #expect(group.memoryLimit == nil)
  }

  @Test func version1HasATreeAController() throws {
    let group = try group([
      "proc/self/mountinfo": """
      32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
      35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory

      """,
      "proc/self/cgroup": "4:memory:/a/b\n1:cpu,cpuacct:/c\n0::/\n",
      "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "50000\n",
      "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1073741824\n",
    ])
    #expect(group.cpuQuota == 0.5)
    #expect(group.memoryLimit == 1 << 30)
  }

  @Test func aContainersMountShowsItsOwnGroupAtItsPoint() throws {
    let group = try group([
      "proc/self/mountinfo": "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      "proc/self/cgroup": "0::/docker/x/inner\n",
      "sys/fs/cgroup/cpu.max": "200000 100000\n",
      "sys/fs/cgroup/inner/cpu.max": "100000 100000\n",
    ])
    #expect(group.cpuQuota == 1)
  }

  @Test func missingAndBrokenFilesMeanNoLimit() throws {
    #expect(try group([:]).cpuQuota == nil)
    let broken = try group([
      "proc/self/mountinfo": "garbage\n" + Self.version2, "proc/self/cgroup": "0::/x\nnonsense\n",
      "sys/fs/cgroup/x/cpu.max": "a b\n", "sys/fs/cgroup/x/memory.max": "-5\n",
    ])
    #expect(broken.cpuQuota == nil)
    #expect(broken.memoryLimit == nil)
  }
}
