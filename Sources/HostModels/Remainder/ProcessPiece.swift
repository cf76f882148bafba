/// A part of a process: the rows nearest to a place, and what each of them weighs there.
///
/// A process over n rows takes O(n³). Cut into pieces of a bounded number of rows, it takes O(n) of such pieces, and rows that
/// are far away, which the kernel gives next to nothing, are left out.
struct ProcessPiece: Hashable, Sendable {
  /// The middle, in inputs over their lengths.
  let center: [Double]
  /// The rows by their indices, rising.
  let rows: [Int]
  /// The weight of each row, α = (K + noise)⁻¹·residual.
  let weights: [Double]
}
