/// A dense matrix of `Double` in column-major order, as LAPACK wants it.
public struct Matrix: Hashable, Sendable {
  /// How many rows.
  public let rows: Int
  /// How many columns.
  public let columns: Int
  /// Element (i, j) stands at `j * rows + i`.
  public var elements: [Double]

  /// A matrix of zeros; negative extents count as zero.
  public init(rows: Int, columns: Int) {
    self.rows = max(rows, 0)
    self.columns = max(columns, 0)
    elements = Array(repeating: 0, count: self.rows * self.columns)
  }

  /// A matrix from its columns, which must be equally long.
  ///
  /// - Throws: ``SolverError/shapeMismatch(_:)``.
  public init(columns: [[Double]]) throws(SolverError) {
    let rows = columns.first?.count ?? 0
    guard columns.allSatisfy({ $0.count == rows }) else { throw .shapeMismatch("columns of unequal length") }
    self.rows = rows
    self.columns = columns.count
    elements = columns.flatMap(\.self)
  }

  /// The element in row `i`, column `j`, both from 0.
  public subscript(i: Int, j: Int) -> Double {
    get { elements[j * rows + i] }
    set { elements[j * rows + i] = newValue }
  }

  /// The matrix of the named columns, in that order.
  ///
  /// O(rows × count).
  public func selecting(columns chosen: [Int]) -> Matrix {
    var result = Matrix(rows: rows, columns: chosen.count)
    for (target, source) in chosen.enumerated() {
      for i in 0..<rows { result[i, target] = self[i, source] }
    }
    return result
  }

  /// Makes a square matrix symmetric by its lower triangle.
  ///
  /// O(n²).
  public mutating func mirrorLower() {
    let order = min(rows, columns)
    elements.withUnsafeMutableBufferPointer { elements in
      // In squares that caches hold: a walk along whole rows would fetch a line for each element.
      for block in stride(from: 0, to: order, by: Self.blockExtent) {
        for j in 0..<min(block + Self.blockExtent, order) {
          for i in max(block, j + 1)..<max(min(block + Self.blockExtent, order), max(block, j + 1)) {
            elements[i * rows + j] = elements[j * rows + i]
          }
        }
      }
    }
  }

  private static let blockExtent = 32

  /// The matrix–vector product; `vector` has one entry a column.
  ///
  /// O(rows × columns).
  public func times(_ vector: [Double]) -> [Double] {
    var result = Array(repeating: 0.0, count: rows)
    for j in 0..<min(columns, vector.count) {
      for i in 0..<rows { result[i] += self[i, j] * vector[j] }
    }
    return result
  }

  /// The product of the transpose with a vector of one entry a row.
  ///
  /// O(rows × columns).
  public func transposeTimes(_ vector: [Double]) -> [Double] {
    (0..<columns).map { j in
      var sum = 0.0
      for i in 0..<min(rows, vector.count) { sum += self[i, j] * vector[i] }
      return sum
    }
  }
}
