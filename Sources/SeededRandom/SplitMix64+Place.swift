extension SplitMix64 {
  /// The number at a place of a seed's sequence, from 0: what `next()` gives after so many others.
  ///
  /// A value that depends on its place alone is the same whoever draws it, and in whatever order. O(1).
  @inlinable
  public static func number(at place: UInt64, seed: UInt64) -> UInt64 {
    var z = seed &+ (place &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
