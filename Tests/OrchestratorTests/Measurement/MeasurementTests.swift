import Orchestrator
import Stratum
import Testing

@Suite struct MeasurementTests {
  private func time(_ seconds: Double) -> MonotonicTime { .zero.advanced(bySeconds: 10_000 + seconds) }
  private func block(_ number: UInt64) -> Work.Content.Position { .above(Hash256(number: UInt256(number))) }

  // MARK: posteriors

  @Test func `one rejected share of one is no reason to think that all will be`() {
    var ratio = RatioPosterior()
    #expect(ratio.mean == 0.005)
    ratio.count(hits: 1, trials: 1, at: time(0))
    #expect(ratio.mean < 0.06)
  }

  @Test func `twenty percent of rejects are seen within some hundred answers`() {
    var ratio = RatioPosterior()
    for second in 0..<50 { ratio.count(hits: 2, trials: 10, at: time(Double(second))) }
    #expect(abs(ratio.mean - 0.2) < 0.012 && ratio.standardDeviation < 0.03)
  }

  @Test func `what was long ago is forgotten by halves`() {
    var ratio = RatioPosterior(priorMean: 0, priorWeight: 1, halfLifeSeconds: 100)
    ratio.count(hits: 100, trials: 100, at: time(0))
    ratio.count(hits: 0, trials: 0, at: time(100))
    #expect(abs(ratio.weight - 50) < 0.01)
    ratio.count(hits: 0, trials: 0, at: time(130))
    #expect(abs(ratio.weight - 40.6126) < 0.01, "50 × 2^-0.3")
    ratio.count(hits: 0, trials: 100, at: time(5_000))
    #expect(ratio.mean < 0.001)
  }

  @Test func `counts that cannot be are bent to what can`() {
    var ratio = RatioPosterior()
    ratio.count(hits: 9, trials: -4, at: time(0))
    ratio.count(hits: 9, trials: 3, at: time(1))
    #expect((0...1).contains(ratio.mean))
  }

  // MARK: new blocks

  @Test func `who tells of blocks later is late by that much`() {
    var race = NewBlockRace()
    for number in 0..<20 {
      let at = Double(number) * 600
      race.heard(source: "quick", algorithm: .sha256d, block(UInt64(number)), at: time(at))
      race.heard(source: "slow", algorithm: .sha256d, block(UInt64(number)), at: time(at + 5))
    }
    #expect(race.latenessSeconds(of: "quick") == 0)
    #expect(race.latenessSeconds(of: "slow").map { abs($0 - 5) < 0.001 } == true)
    #expect(race.blockIntervalSeconds(of: "slow").map { abs($0 - 600) < 0.001 } == true)
  }

  @Test func `the order in which news is looked at does not matter`() {
    var race = NewBlockRace()
    race.heard(source: "slow", algorithm: .sha256d, block(1), at: time(2))
    race.heard(source: "quick", algorithm: .sha256d, block(1), at: time(0))
    race.heard(source: "quick", algorithm: .sha256d, block(1), at: time(0))
    #expect(race.latenessSeconds(of: "quick") == 0 && race.latenessSeconds(of: "slow") == 2)
  }

  @Test func `alone there is no race, and another chain or algorithm is another race`() {
    var race = NewBlockRace()
    race.heard(source: "a", algorithm: .sha256d, block(1), at: time(0))
    race.heard(source: "b", algorithm: .sha256d, block(2), at: time(9))
    race.heard(source: "c", algorithm: .scrypt, block(1), at: time(9))
    race.heard(source: "d", algorithm: .kawpow, coin: "RVN", .at(height: 7), at: time(0))
    race.heard(source: "e", algorithm: .kawpow, coin: "NEOX", .at(height: 7), at: time(9))
    race.heard(source: "f", algorithm: .kawpow, .at(height: 7), at: time(9))
    for source in ["a", "b", "c", "d", "e", "f"] { #expect(race.latenessSeconds(of: source) == nil) }
  }

  @Test func `news that comes five minutes later is no lateness`() {
    var race = NewBlockRace()
    race.heard(source: "a", algorithm: .sha256d, block(1), at: time(0))
    race.heard(source: "b", algorithm: .sha256d, block(1), at: time(400))
    #expect(race.latenessSeconds(of: "b") == nil)
  }

  // MARK: moves

  private func miner(_ session: UInt64, dwell: Double, lastShare: Double?, connected: Double = 5_000) -> MinerSnapshot {
    // 2^32 hashes a share at 2^32 ÷ 10 hashes a second: a share every ten seconds.
    MinerSnapshot(
      session: session, identity: MinerIdentity(account: "a", worker: ""), algorithm: .sha256d, userAgent: "",
      source: "b", difficulty: Difficulty(clamping: 1), hashrate: Hashrate(429_496_729.6), accepted: 5, rejected: 0,
      connectedSeconds: connected, dwellSeconds: dwell, lastShareSeconds: lastShare, followsExtranonce: true)
  }

  @Test func `what the first share after a move takes longer is the cost of the move`() {
    var meter = SwitchMeter()
    // 14 s after the move instead of 10, a hundred times.
    meter.observe((0..<100).map { miner($0, dwell: 14, lastShare: 0) }, at: time(14))
    #expect(meter.costSeconds(of: "b").map { abs($0 - 4) < 0.2 } == true)
    #expect(meter.costSeconds(of: "a") == nil)
  }

  @Test func `a move is counted once, and the next one of the same miner again`() {
    var meter = SwitchMeter()
    meter.observe([miner(1, dwell: 20, lastShare: 0)], at: time(20))
    let once = meter
    meter.observe([miner(1, dwell: 21, lastShare: 1)], at: time(21))
    #expect(meter.costSeconds(of: "b") == once.costSeconds(of: "b"))
    meter.observe([miner(1, dwell: 10, lastShare: 0)], at: time(100))
    #expect(meter.costSeconds(of: "b") != once.costSeconds(of: "b"))
  }

  @Test func `who just connected was not moved, and who sends nothing lost the time`() {
    var meter = SwitchMeter()
    meter.observe([miner(1, dwell: 14, lastShare: 0, connected: 14)], at: time(14))
    #expect(meter.costSeconds(of: "b") == nil)
    meter.observe([miner(2, dwell: 40, lastShare: 45)], at: time(40))
    #expect(meter.costSeconds(of: "b") == nil, "it may still come")
    meter.observe([miner(2, dwell: 51, lastShare: 56)], at: time(51))
    #expect((meter.costSeconds(of: "b") ?? 0) > SwitchMeter.firstGuess)
  }

  // MARK: all together

  @Test func `a source that answered nothing yet is neither good nor bad`() {
    var meter = QualityMeter()
    var source = SourceSnapshot(name: "a", kind: .upstream, algorithm: .sha256d)
    meter.observe(FleetSnapshot(at: time(0), sources: [source], miners: []), coins: { _ in nil })
    meter.fill(&source, at: time(1))
    #expect(source.quality.rejectRatio == nil && source.quality.ratioDeviation == 0)
  }

  @Test func `a source's quality comes from what was new since the last look`() {
    var meter = QualityMeter()
    var source = SourceSnapshot(name: "a", kind: .upstream, algorithm: .sha256d)
    source.counters.sourceAccepted = 80
    source.counters.sourceRejected = 20
    source.observed.rejectedStale = 5
    source.observed.disconnects = 2
    source.connectMillisecondsP50 = 200
    source.connectMillisecondsP99 = 400
    source.jobAgeSeconds = 33
    source.replyMillisecondsP50 = 12
    func look(_ seconds: Double) {
      meter.observe(FleetSnapshot(at: time(seconds), sources: [source], miners: []), coins: { _ in nil })
    }
    look(0)
    source.jobAgeSeconds = 2
    for second in 1..<60 { look(Double(second)) }
    meter.fill(&source, at: time(60))
    let quality = source.quality
    #expect(quality.answers == 100 && quality.disconnectsPerHour == 2 && quality.longestJobGapSeconds == 33)
    #expect(quality.rejectRatio.map { (0.1...0.15).contains($0) } == true)
    #expect(quality.staleRatio.map { (0.03...0.05).contains($0) } == true)
    #expect((0.03...0.04).contains(quality.ratioDeviation), "√(0.126 × 0.874 + 0.043 × 0.957) ÷ √121")
    #expect(quality.connectMilliseconds == 200 && quality.connectMillisecondsP99 == 400)
    #expect(quality.replyMillisecondsP50 == 12)
    meter.fill(&source, at: time(4_000))
    #expect(source.quality.disconnectsPerHour == 0 && source.quality.longestJobGapSeconds == nil)
  }

  @Test func `realised revenue is the work at its worth when it was accepted`() {
    var log = RevenueLog()
    var source = SourceSnapshot(name: "a", kind: .upstream, algorithm: .sha256d)
    source.economics = SourceEconomics(
      coin: "BTC", blockReward: 1, hashesPerBlock: 1_000, coinsPerHash: 0.001, currencyPerHash: 0.1)
    source.acceptedWork = ShareWork(hashes: 1_000)
    log.observe([source], at: time(0))
    source.acceptedWork = ShareWork(hashes: 3_000)
    source.economics?.coinsPerHash = 0.002
    source.economics?.currencyPerHash = nil
    log.observe([source], at: time(7_200))
    // A shard did not report: nothing was lost, and nothing is counted twice.
    source.acceptedWork = ShareWork(hashes: 500)
    log.observe([source], at: time(7_201))
    source.acceptedWork = ShareWork(hashes: 3_000)
    log.observe([source], at: time(7_202))
    let realised = log.realised(by: "a", at: time(7_203))
    #expect(realised.day.hashes == 3_000 && realised.hour.hashes == 2_000)
    #expect(abs(realised.day.coins - 5) < 1e-9 && realised.day.currency == 100 && realised.hour.currency == nil)
    #expect(log.realised(by: "a", at: time(100_000)).day.hashes == 0)
  }

  @Test func `a pool's claim is compared, and never believed`() {
    var claims = ClaimBook()
    var source = SourceSnapshot(name: "a", kind: .upstream, algorithm: .sha256d)
    source.economics = SourceEconomics(coin: "BTC", blockReward: 1, hashesPerBlock: 1_000, coinsPerHash: 0.001)
    claims.heard(0.0013, from: "a", at: time(0))
    claims.observe([source], at: time(1))
    claims.heard(.nan, from: "a", at: time(2))
    claims.observe([source], at: time(3))
    claims.fill(&source, at: time(4))
    #expect(source.economics?.claimedCoinsPerHash == 0.0013 && source.economics?.coinsPerHash == 0.001)
    #expect(source.economics?.claimRatio.map { abs($0 - 1.3) < 1e-9 } == true)
  }

  @Test func `a pool that credits less than the work is worth is seen`() {
    var claims = ClaimBook()
    var source = SourceSnapshot(name: "a", kind: .upstream, algorithm: .sha256d)
    func look(earned: Double, credited: Double, at seconds: Double) -> Double? {
      source.realised.coins = earned
      claims.observe([source], at: time(seconds))
      claims.credited(credited, by: "a", at: time(seconds))
      claims.fill(&source, at: time(seconds))
      return source.quality.creditRatio
    }
    #expect(look(earned: 2, credited: 100, at: 0) == nil, "what came before we looked says nothing")
    #expect(look(earned: 2, credited: 100, at: 1) == nil)
    #expect(look(earned: 4, credited: 101.8, at: 3_600).map { abs($0 - 0.9) < 1e-9 } == true)
    #expect(look(earned: 4, credited: 50, at: 3_700) == nil, "books that begin anew")
    #expect(look(earned: 5, credited: 51, at: 3_800).map { abs($0 - 1) < 1e-9 } == true)
  }
}
