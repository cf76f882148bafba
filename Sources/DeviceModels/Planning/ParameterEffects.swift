internal import Foundation
internal import GEMMTiming

/// How the logarithms of some times move with each parameter of a refinement, over what is not known of it.
struct ParameterEffects {
  /// For each parameter the change of every logarithm that one standard deviation makes.
  private let changes: [[Double]]

  /// From logarithms at the present parameters, and with one of them moved by a factor's logarithm.
  ///
  /// A quarter of a standard deviation tells how a parameter moves the times.
  init(deviations: [Double], present: [Double], moved: (_ parameter: Int, _ logarithm: Double) -> [Double]) {
    changes = deviations.enumerated().map { parameter, deviation in
      zip(moved(parameter, deviation / 4), present).map { 4 * ($0 - $1) }
    }
  }

  /// Of products: the directions in which ``GEMMRefinement`` moves.
  init(of shapes: [GEMMShape], tiled: TiledGEMM, trust: Double, weightsInTurn: Double) {
    func logarithms(_ tiled: TiledGEMM) -> [Double] {
      shapes.map { log(tiled.time($0, inTurn: weightsInTurn).seconds) }
    }
    let directions = GEMMRefinement.directions
    self.init(deviations: directions.map { trust * $0.deviation }, present: logarithms(tiled)) { index, logarithm in
      var parameters = tiled.parameters
      directions[index].apply(&parameters, exp(logarithm))
      return logarithms(tiled.with(parameters: parameters, spread: tiled.spread))
    }
  }

  /// Of what ``FactorRefinement`` moves.
  init<Parameters, Row>(
    of rows: [Row], known: Parameters, directions: [FactorFit<Parameters, Row>.Direction], caution: Double,
    seconds: (Parameters, Row) -> Double
  ) {
    func logarithms(_ parameters: Parameters) -> [Double] { rows.map { log(seconds(parameters, $0)) } }
    self.init(deviations: directions.map { caution * $0.deviation }, present: logarithms(known)) { index, logarithm in
      var parameters = known
      directions[index].apply(&parameters, exp(logarithm))
      return logarithms(parameters)
    }
  }

  /// The covariance of two logarithms.
  func covariance(_ i: Int, _ j: Int) -> Double { changes.reduce(0) { $0 + $1[i] * $1[j] } }

  /// Their correlation, from −1 to 1; times that no parameter moves are alike only with themselves.
  func correlation(_ i: Int, _ j: Int) -> Double {
    guard i != j else { return 1 }
    let scale = (covariance(i, i) * covariance(j, j)).squareRoot()
    return scale > 0 && scale.isFinite ? max(-1, min(1, covariance(i, j) / scale)) : 0
  }
}
