/// What the control groups above this process grant it, of either version.
struct ControlGroup {
  /// CPUs' worth of time; nil without a quota.
  var cpuQuota: Double?
  /// Bytes; nil without a limit.
  var memoryLimit: Int?

  /// Reads the limits of this process's groups and of all groups above them: the least counts.
  ///
  /// Version 2 has one tree with `cpu.max` and `memory.max`; version 1 has a tree a controller, with
  /// `cpu.cfs_quota_us`, `cpu.cfs_period_us` and `memory.limit_in_bytes` (Linux, Documentation/admin-guide).
  init(files: HostFiles) {
    let mounts = Self.mounts(files.text("/proc/self/mountinfo") ?? "")
    for line in (files.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      // hierarchy:controllers:path
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = Set(fields[1].split(separator: ",").map(String.init))
      let path = String(fields[2])
      if controllers.isEmpty {
        guard let mount = mounts.first(where: \.isVersion2) else { continue }
        for folder in mount.folders(ofGroup: path) { readVersion2(files, folder) }
      } else {
        for mount in mounts where !mount.isVersion2 && !mount.controllers.isDisjoint(with: controllers) {
          for folder in mount.folders(ofGroup: path) { readVersion1(files, folder) }
        }
      }
    }
  }

  private mutating func readVersion2(_ files: HostFiles, _ folder: String) {
    let fields = (files.text(folder + "/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
    if fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]) { lower(quota, period) }
    if let limit = Self.number(files.text(folder + "/memory.max")) { lower(memory: limit) }
  }

  private mutating func readVersion1(_ files: HostFiles, _ folder: String) {
    if let quota = Self.number(files.text(folder + "/cpu.cfs_quota_us")),
      let period = Self.number(files.text(folder + "/cpu.cfs_period_us"))
    {
      lower(Double(quota), Double(period))  // −1 means none
    }
    if let limit = Self.number(files.text(folder + "/memory.limit_in_bytes")) { lower(memory: limit) }
  }

  private mutating func lower(_ quota: Double, _ period: Double) {
    guard quota > 0, period > 0 else { return }
    cpuQuota = min(cpuQuota ?? .infinity, quota / period)
  }

  private mutating func lower(memory limit: Int) {
    // Version 1 writes "no limit" as the largest multiple of the page size.
    guard limit > 0, limit < 1 << 60 else { return }
    memoryLimit = min(memoryLimit ?? .max, limit)
  }

  private static func number(_ text: String?) -> Int? {
    text?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }
}

extension ControlGroup {
  /// Where a control group file system is mounted.
  struct Mount {
    var point: String
    /// The group that the mount point shows; others are below it.
    var root: String
    var isVersion2: Bool
    var controllers: Set<String>

    /// The folder of a group and those of the groups above it, as far as the mount shows them.
    func folders(ofGroup path: String) -> [String] {
      var relative = path
      if root != "/", relative == root || relative.hasPrefix(root + "/") { relative.removeFirst(root.count) }
      var parts = relative.split(separator: "/")
      // A group outside what is mounted (a container's view) is looked up at the mount point.
      if parts.contains("..") { parts = [] }
      return (0...parts.count).reversed().map { count in
        point + parts.prefix(count).map { "/" + $0 }.joined()
      }
    }
  }

  /// The control group mounts among the lines of /proc/self/mountinfo.
  static func mounts(_ text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      // id parent major:minor root point options [optional…] - type source super-options
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
      let type = fields[dash + 1]
      guard type == "cgroup2" || type == "cgroup" else { return nil }
      return Mount(
        point: String(fields[4]), root: String(fields[3]), isVersion2: type == "cgroup2",
        controllers: Set(fields[dash + 3].split(separator: ",").map(String.init)))
    }
  }
}
