// The functions have the names that hwloc's header gives them.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import CHwloc
internal import Foundation
internal import Glibc

/// hwloc is loaded when it is first asked for anything: forecasts run on machines that have none.
///
/// The functions below stand in front of the header's of the same names, so that nothing is linked and ``Hwloc`` reads
/// as any C code does. Each gives what hwloc itself gives for a failure where the library is not there. Objects are laid
/// out as in the header that this is built with, which is why only libraries of its ABI are loaded.
enum HwlocFunctions {
  /// The ABI of hwloc 2.
  private static let fileName = "libhwloc.so.15"

  nonisolated(unsafe) private static let library = dlopen(fileName, RTLD_NOW | RTLD_LOCAL)

  /// Whether there is an hwloc to call.
  static var areLoaded: Bool { library != nil }

  /// What to do where there is none.
  static let advice = "hwloc is not installed (\(fileName)); apt-get install libhwloc15"

  /// A function by its name.
  fileprivate static func function<Function>(_ name: String, _: Function.Type) -> Function? {
    guard let library, let symbol = dlsym(library, name) else { return nil }
    return unsafeBitCast(symbol, to: Function.self)
  }
}

func hwloc_topology_init(_ topology: UnsafeMutablePointer<hwloc_topology_t?>) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_topology_init", (@convention(c) (UnsafeMutablePointer<hwloc_topology_t?>) -> Int32).self)
  return function?(topology) ?? -1
}

func hwloc_topology_set_synthetic(_ topology: hwloc_topology_t, _ description: String) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_topology_set_synthetic", (@convention(c) (hwloc_topology_t, UnsafePointer<CChar>) -> Int32).self)
  return function?(topology, description) ?? -1
}

func hwloc_topology_set_xml(_ topology: hwloc_topology_t, _ path: String) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_topology_set_xml", (@convention(c) (hwloc_topology_t, UnsafePointer<CChar>) -> Int32).self)
  return function?(topology, path) ?? -1
}

@discardableResult
func hwloc_topology_set_flags(_ topology: hwloc_topology_t, _ flags: UInt) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_topology_set_flags", (@convention(c) (hwloc_topology_t, UInt) -> Int32).self)
  return function?(topology, flags) ?? -1
}

func hwloc_topology_load(_ topology: hwloc_topology_t) -> Int32 {
  let function = HwlocFunctions.function("hwloc_topology_load", (@convention(c) (hwloc_topology_t) -> Int32).self)
  return function?(topology) ?? -1
}

func hwloc_topology_destroy(_ topology: hwloc_topology_t) {
  let function = HwlocFunctions.function("hwloc_topology_destroy", (@convention(c) (hwloc_topology_t) -> Void).self)
  function?(topology)
}

func hwloc_topology_is_thissystem(_ topology: hwloc_topology_t) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_topology_is_thissystem", (@convention(c) (hwloc_topology_t) -> Int32).self)
  return function?(topology) ?? 1
}

func hwloc_topology_get_allowed_cpuset(_ topology: hwloc_topology_t) -> hwloc_const_bitmap_t? {
  let function = HwlocFunctions.function(
    "hwloc_topology_get_allowed_cpuset", (@convention(c) (hwloc_topology_t) -> hwloc_const_bitmap_t?).self)
  return function?(topology) ?? nil
}

func hwloc_get_type_depth(_ topology: hwloc_topology_t, _ type: hwloc_obj_type_t) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_get_type_depth", (@convention(c) (hwloc_topology_t, hwloc_obj_type_t) -> Int32).self)
  return function?(topology, type) ?? -1
}

func hwloc_get_nbobjs_by_depth(_ topology: hwloc_topology_t, _ depth: Int32) -> UInt32 {
  let function = HwlocFunctions.function(
    "hwloc_get_nbobjs_by_depth", (@convention(c) (hwloc_topology_t, Int32) -> UInt32).self)
  return function?(topology, depth) ?? 0
}

func hwloc_get_obj_by_depth(_ topology: hwloc_topology_t, _ depth: Int32, _ index: UInt32) -> hwloc_obj_t? {
  let function = HwlocFunctions.function(
    "hwloc_get_obj_by_depth", (@convention(c) (hwloc_topology_t, Int32, UInt32) -> hwloc_obj_t?).self)
  return function?(topology, depth, index) ?? nil
}

func hwloc_bitmap_alloc() -> hwloc_bitmap_t? {
  let function = HwlocFunctions.function("hwloc_bitmap_alloc", (@convention(c) () -> hwloc_bitmap_t?).self)
  return function?() ?? nil
}

func hwloc_bitmap_free(_ set: hwloc_bitmap_t) {
  let function = HwlocFunctions.function("hwloc_bitmap_free", (@convention(c) (hwloc_bitmap_t) -> Void).self)
  function?(set)
}

func hwloc_bitmap_only(_ set: hwloc_bitmap_t, _ index: UInt32) -> Int32 {
  let function = HwlocFunctions.function("hwloc_bitmap_only", (@convention(c) (hwloc_bitmap_t, UInt32) -> Int32).self)
  return function?(set, index) ?? -1
}

func hwloc_bitmap_first(_ set: hwloc_const_bitmap_t) -> Int32 {
  let function = HwlocFunctions.function("hwloc_bitmap_first", (@convention(c) (hwloc_const_bitmap_t) -> Int32).self)
  return function?(set) ?? -1
}

func hwloc_bitmap_next(_ set: hwloc_const_bitmap_t, _ index: Int32) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_bitmap_next", (@convention(c) (hwloc_const_bitmap_t, Int32) -> Int32).self)
  return function?(set, index) ?? -1
}

func hwloc_get_cpubind(_ topology: hwloc_topology_t, _ set: hwloc_bitmap_t, _ flags: Int32) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_get_cpubind", (@convention(c) (hwloc_topology_t, hwloc_bitmap_t, Int32) -> Int32).self)
  return function?(topology, set, flags) ?? -1
}

func hwloc_set_cpubind(_ topology: hwloc_topology_t, _ set: hwloc_const_bitmap_t, _ flags: Int32) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_set_cpubind", (@convention(c) (hwloc_topology_t, hwloc_const_bitmap_t, Int32) -> Int32).self)
  return function?(topology, set, flags) ?? -1
}

func hwloc_linux_set_tid_cpubind(_ topology: hwloc_topology_t, _ task: pid_t, _ set: hwloc_const_bitmap_t) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_linux_set_tid_cpubind", (@convention(c) (hwloc_topology_t, pid_t, hwloc_const_bitmap_t) -> Int32).self)
  return function?(topology, task, set) ?? -1
}

func hwloc_linux_get_tid_cpubind(_ topology: hwloc_topology_t, _ task: pid_t, _ set: hwloc_bitmap_t) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_linux_get_tid_cpubind", (@convention(c) (hwloc_topology_t, pid_t, hwloc_bitmap_t) -> Int32).self)
  return function?(topology, task, set) ?? -1
}

func hwloc_cpukinds_get_nr(_ topology: hwloc_topology_t, _ flags: UInt) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_cpukinds_get_nr", (@convention(c) (hwloc_topology_t, UInt) -> Int32).self)
  return function?(topology, flags) ?? 0
}

func hwloc_cpukinds_get_info(
  _ topology: hwloc_topology_t, _ kind: UInt32, _ set: hwloc_bitmap_t?, _ efficiency: UnsafeMutablePointer<Int32>?,
  _ count: UnsafeMutablePointer<UInt32>?, _ infos: UnsafeMutablePointer<UnsafeMutablePointer<hwloc_info_s>?>?,
  _ flags: UInt
) -> Int32 {
  let function = HwlocFunctions.function(
    "hwloc_cpukinds_get_info",
    (@convention(c) (
      hwloc_topology_t, UInt32, hwloc_bitmap_t?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<UInt32>?,
      UnsafeMutablePointer<UnsafeMutablePointer<hwloc_info_s>?>?, UInt
    ) -> Int32).self)
  return function?(topology, kind, set, efficiency, count, infos, flags) ?? -1
}

// The header defines these two in terms of those above.

func hwloc_get_nbobjs_by_type(_ topology: hwloc_topology_t, _ type: hwloc_obj_type_t) -> Int32 {
  let depth = hwloc_get_type_depth(topology, type)
  if depth == HWLOC_TYPE_DEPTH_UNKNOWN.rawValue { return 0 }
  if depth == HWLOC_TYPE_DEPTH_MULTIPLE.rawValue { return -1 }
  return Int32(clamping: hwloc_get_nbobjs_by_depth(topology, depth))
}

func hwloc_get_obj_by_type(
  _ topology: hwloc_topology_t, _ type: hwloc_obj_type_t, _ index: UInt32
) -> hwloc_obj_t? {
  let depth = hwloc_get_type_depth(topology, type)
  guard depth != HWLOC_TYPE_DEPTH_UNKNOWN.rawValue, depth != HWLOC_TYPE_DEPTH_MULTIPLE.rawValue else { return nil }
  return hwloc_get_obj_by_depth(topology, depth, index)
}
