public import GEMMTiming
public import ModelStatistics

/// What there is to say about a fit: how far to trust it, and where not to.
public struct FitReport: Hashable, Sendable {
  /// The held-out error of one regime beside the noise of measuring again.
  public struct RegimeError: Hashable, Sendable {
    /// The part of the shape space.
    public let regime: Regime
    /// The held-out error there.
    public let error: ErrorStatistics
    /// The mean |difference| of two measurements, relative; nil where the table has no intervals.
    public let repeatNoise: Double?
  }

  /// The held-out error of products with operands elsewhere or stored otherwise.
  public struct OperandError: Hashable, Sendable {
    /// Where the operands are and how they lie.
    public let group: MeasuredGroup
    /// The held-out error there.
    public let error: ErrorStatistics
    /// The mean |difference| of two measurements, relative; nil where the table has no intervals.
    public let repeatNoise: Double?
  }

  /// How near the roofline the measured shapes of one range of arithmetic intensity come.
  public struct Placement: Hashable, Sendable {
    /// flops a byte from the lower end to below the upper one.
    public let intensity: Range<Double>
    /// How many measured shapes lie in it.
    public let count: Int
    /// Median share of the roofline min(peak, intensity × peak bandwidth) that they reach; nil without a bandwidth.
    ///
    /// It is above 1 where operands come from a cache that is faster than memory.
    public let shareOfRoofline: Double?
    /// Median share of the compute ceiling that they reach.
    public let shareOfPeak: Double
    /// How many shapes each limit holds: compute, memory, latency.
    public let bounds: [TimePrediction.Bound: Int]
  }

  /// What was measured.
  public let group: MeasuredGroup
  /// How many different GEMM shapes the fit rests on.
  public let shapes: Int
  /// The limits that the rows show.
  public let ceilings: HostCeilings
  /// What carries over to devices.
  public let rooflineShape: RooflineShape
  /// How the library was found to block its products, in words.
  public let structure: [String]
  /// Held-out errors, `all` first.
  public let regimes: [RegimeError]
  /// Held-out errors of the fits beside this one.
  public let operands: [OperandError]
  /// The shapes with the largest held-out error.
  public let worst: [HeldOutPoint]
  /// From low to high arithmetic intensity.
  public let placements: [Placement]
  /// Where rows are missing.
  public let thinRegions: [ThinRegion]
}

extension FittedModel {
  /// Gathers what there is to say about the fit.
  ///
  /// `worstCount` is how many of the worst shapes to name. O(cells × rows).
  public func report(worstCount: Int = 10) -> FitReport {
    FitReport(
      group: group, shapes: rows.count, ceilings: ceilings, rooflineShape: rooflineShape,
      structure: blocking,
      regimes: Regime.allCases.compactMap { regime in
        crossValidation.statistics(regime).map {
          FitReport.RegimeError(regime: regime, error: $0, repeatNoise: crossValidation.repeatNoise(regime))
        }
      },
      operands: operands.compactMap { fit in
        fit.crossValidation.statistics().map {
          FitReport.OperandError(group: fit.group, error: $0, repeatNoise: fit.crossValidation.repeatNoise())
        }
      },
      worst: crossValidation.worst(worstCount), placements: placements, thinRegions: thinRegions())
  }

  /// The measured shapes by arithmetic intensity, in steps of a factor of four.
  private var placements: [FitReport.Placement] {
    let edges = [0, 0.5, 2, 8, 32, 128, 512, Double.infinity]
    return zip(edges, edges.dropFirst()).compactMap { lower, upper in
      let inside = rows.filter { (lower..<upper).contains($0.shape.arithmeticIntensity(group.dtype)) }
      guard !inside.isEmpty else { return nil }
      let rates = inside.map { $0.shape.flops / $0.seconds }
      let shares = ceilings.peakBandwidth.map { bandwidth in
        zip(inside, rates).map { row, rate in
          rate / min(ceilings.peakFlops, row.shape.arithmeticIntensity(group.dtype) * bandwidth)
        }.sorted()
      }
      var bounds: [TimePrediction.Bound: Int] = [:]
      for row in inside { bounds[bound(structure.parts(m: row.m, k: row.k, n: row.n)), default: 0] += 1 }
      return FitReport.Placement(
        intensity: lower..<upper, count: inside.count,
        shareOfRoofline: shares.map { ErrorStatistics.quantile($0, 0.5) },
        shareOfPeak: ErrorStatistics.quantile(rates.sorted(), 0.5) / ceilings.peakFlops, bounds: bounds)
    }
  }
}
