import Foundation
import GEMMTiming
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct WhatIfTests {
  private func estimate(_ time: SpecificationRoofline = SpecificationRoofline(launch: 2e-6)) throws -> StepEstimate {
    let model = try ModelConfiguration(
      name: "small", layers: 8, hidden: 2048, heads: 16, ffn: 8192, vocabulary: 50257, dropout: true)
    let plan = try ParallelPlan(tp: 8, pp: 4, dp: 2, microBatches: 4, batch: 8, sequence: 1024)
    return try StepEstimate(
      model: model, plan: plan, options: StepOptions(work: .training, schedule: .oneForwardOneBackward),
      timeModel: time)
  }

  @Test func savingsAreThoseOfTheGraphSolvedAnew() throws {
    let estimate = try estimate()
    for whatIf in try estimate.rankedWhatIfs(factor: 0.8).prefix(4) {
      let durations = (0..<estimate.step.nodeCount).map { node in
        estimate.step.graph.durations[node] * (estimate.step.operation(of: node).role == whatIf.role ? 0.8 : 1)
      }
      let again = Schedule(try estimate.step.graph.withDurations(durations))
      #expect(abs(again.makespan / whatIf.makespan - 1) < 1e-12)
      #expect(whatIf.saved > 0 && whatIf.saved == estimate.schedule.makespan - whatIf.makespan)
    }
  }

  @Test func rankingFallsAndNothingGetsSlower() throws {
    let estimate = try estimate()
    let ranked = try estimate.rankedWhatIfs()
    #expect(ranked.map(\.saved) == ranked.map(\.saved).sorted(by: >))
    #expect(ranked.allSatisfy { $0.saved >= 0 })
    #expect(Set(ranked.map(\.role)).count == ranked.count)
    // All together save exactly a tenth: every duration is scaled.
    let all = Dictionary(uniqueKeysWithValues: ranked.map { ($0.role, 0.9) })
    #expect(abs(try estimate.makespan(scaling: all) / (0.9 * estimate.schedule.makespan) - 1) < 1e-12)
  }

  @Test func boundsAreBelowTheMakespan() throws {
    let estimate = try estimate()
    let free = try estimate.makespanWithFreeCommunication()
    #expect(free < estimate.schedule.makespan)
    #expect(estimate.makespanWithoutBubble < estimate.schedule.makespan)
    let silent = try self.estimate(SpecificationRoofline(communicates: false))
    #expect(try silent.makespanWithFreeCommunication() == silent.schedule.makespan)
  }

  @Test func factorsThatNoTimeCanHave() throws {
    let estimate = try estimate()
    for factor in [-1, Double.nan, .infinity] {
      #expect(throws: ModelError.self) { try estimate.whatIf(.up, times: factor) }
    }
  }

  @Test func slackSeparatesTheChainFromTheRest() throws {
    let estimate = try estimate()
    let slack = estimate.slack
    let total = estimate.step.graph.durations.reduce(0, +)
    #expect(abs(slack.reduce(0) { $0 + $1.seconds } / total - 1) < 1e-9)
    #expect(slack.allSatisfy { $0.smallest >= 0 && $0.criticalSeconds <= $0.seconds * (1 + 1e-12) })
    #expect(slack.first?.smallest == 0)
    #expect(slack.allSatisfy { ($0.criticalSeconds > 0) == ($0.smallest == 0) })
  }
}

@Suite struct StepUncertaintyTests {
  private func estimate() throws -> StepEstimate {
    try StepEstimate(
      model: .reference, plan: ParallelPlan.reference.with(microBatches: 4), timeModel: SpecificationRoofline())
  }

  @Test func sameSeedSameResult() throws {
    let estimate = try estimate()
    let (a, b) = (
      try StepUncertainty(estimate, draws: 50, seed: 7), try StepUncertainty(estimate, draws: 50, seed: 7)
    )
    #expect(a.p5 == b.p5 && a.p50 == b.p50 && a.p95 == b.p95 && a.criticality == b.criticality)
    #expect(a.p5 < a.p50 && a.p50 < a.p95)
  }

  /// Shared errors are not averaged away: the step's interval stays as wide, in the main, as its operations' are.
  @Test func sharedErrorsKeepTheIntervalWide() throws {
    let uncertainty = try StepUncertainty(estimate(), draws: 400)
    let width = log(uncertainty.p95 / uncertainty.p5) / (2 * 1.6449)
    // Operations lie within ±10 %: at least the shared half of that and the step's own error, at most all of both.
    let operations = log(1.1 / 0.9) / (2 * 1.6449)
    let (least, most) = (StepUncertainty.sharedVariance.squareRoot() * operations, operations)
    let step = StepUncertainty.wholeStepDeviation
    #expect(width > 0.85 * (least * least + step * step).squareRoot())
    #expect(width < 1.15 * (most * most + step * step).squareRoot())
    #expect(abs(uncertainty.p50 / (try estimate().schedule.makespan) - 1) < 0.03)
  }

  /// One host launches everything: where only launching takes time its spread is the step's, and is not averaged away.
  @Test func launchingHasOneError() throws {
    let launch = HostLaunch(operation: 1e-3, pass: 0, knee: 4, spread: 1.25)
    let options = StepOptions(work: .training, schedule: .oneForwardOneBackward, launch: launch)
    let quick = SpecificationRoofline(flops: 1e30, bandwidth: 1e30, communicates: false)
    let uncertainty = try StepUncertainty(
      StepEstimate(
        model: .reference, plan: ParallelPlan.reference.with(microBatches: 4), options: options, timeModel: quick),
      draws: 400)
    let (host, step) = (log(1.25) / 1.6449, StepUncertainty.wholeStepDeviation)
    let width = log(uncertainty.p95 / uncertainty.p5) / (2 * 1.6449)
    #expect(abs(width / (host * host + step * step).squareRoot() - 1) < 0.15)
  }

  @Test func whatAlwaysDecidesHasProbabilityOne() throws {
    let uncertainty = try StepUncertainty(estimate(), draws: 20)
    let score = uncertainty.criticality.first { $0.role == .score }
    #expect(score?.probability == 1)
    #expect(uncertainty.criticality.allSatisfy { $0.probability >= 0 && $0.probability <= 1 })
  }

  @Test func atLeastOneDraw() throws {
    let estimate = try estimate()
    #expect(throws: ModelError.notPositive(name: "draws", value: 0)) { try StepUncertainty(estimate, draws: 0) }
  }

  @Test func normalNumbersHaveTheirMoments() {
    var random = NormalGenerator(seed: 3)
    let values = (0..<20000).map { _ in random.next() }
    let mean = values.reduce(0, +) / 20000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20000
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.04)
  }
}
