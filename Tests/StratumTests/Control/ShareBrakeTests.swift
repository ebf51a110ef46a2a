import Stratum
import TestSupport
import Testing

@Suite struct ShareBrakeTests {
  /// Reasons that are the miner's fault and cost one each.
  private static let faults = RejectReason.allCases.filter { !free.contains($0) && $0 != .mixHash }
  /// What is not the miner's fault.
  private static let free: [RejectReason] = [.stale, .storageUnavailable, .upstreamLost, .upstream]

  private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime.zero.advanced(bySeconds: seconds) }

  @Test(arguments: 0..<40)
  func `who sends up to one wrong share for four good ones is never paused`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var brake = ShareBrake(at: .zero)
    var now = 0.0
    let gap = [0, 1e-6, 0.001, 1, 30][Int(seed % 5)]
    for _ in 0..<2_000 {
      var group = [RejectReason?](repeating: nil, count: 4)
      if Bool.random(using: &random) { group.append(Self.faults.randomElement(using: &random)) }
      for outcome in group.shuffled(using: &random) {
        now += gap * Double.random(in: 0...2, using: &random)
        guard let reason = outcome else { brake.accepted(at: time(now)); continue }
        #expect(brake.rejected(reason, at: time(now)) == nil)
      }
    }
  }

  @Test(arguments: 0..<20)
  func `junk of ten thousand shares a second is paused within three hundred, every time`(seed: UInt64) {
    var random = SeededRandom(seed: 100 + seed)
    var brake = ShareBrake(at: .zero)
    var now = 0.0
    var pauses: [Double] = []
    var sinceLast = 0
    while pauses.count < 10, sinceLast <= 300 {
      now += 0.0001 * Double.random(in: 0...2, using: &random)
      sinceLast += 1
      let reason = Self.faults.randomElement(using: &random) ?? .lowDifficulty
      guard let pause = brake.rejected(reason, at: time(now)) else { continue }
      pauses.append(pause)
      now += pause
      sinceLast = 0
    }
    #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30])
  }

  @Test func `a flood of one connection gets a bounded share of a core`() {
    var brake = ShareBrake(at: .zero)
    var (now, sent) = (0.0, 0)
    while now < 600 {
      now += 0.0001
      sent += 1
      if let pause = brake.rejected(.lowDifficulty, at: time(now)) { now += pause }
    }
    // 201 at first, then some hundred and the credit of each pause.
    #expect(sent < 201 + 30 * 200)
  }

  @Test(arguments: 0..<10)
  func `what is not the miner's fault never costs`(seed: UInt64) {
    var random = SeededRandom(seed: 200 + seed)
    var brake = ShareBrake(at: .zero)
    for _ in 0..<5_000 {
      #expect(brake.rejected(Self.free.randomElement(using: &random) ?? .stale, at: .zero) == nil)
    }
    // The whole balance is still there.
    for _ in 0..<Int(ShareBrake.fullBalance) { #expect(brake.rejected(.duplicate, at: .zero) == nil) }
    #expect(brake.rejected(.duplicate, at: .zero) == ShareBrake.firstPauseSeconds)
  }

  @Test func `each fault costs the same, and a wrong mix fifty times that`() {
    for reason in Self.faults {
      var brake = ShareBrake(at: .zero)
      for _ in 0..<200 { #expect(brake.rejected(reason, at: .zero) == nil) }
      #expect(brake.rejected(reason, at: .zero) == ShareBrake.firstPauseSeconds, "\(reason)")
    }
  }

  @Test func `the fifth wrong mix pauses, later ones sooner and longer`() {
    var brake = ShareBrake(at: .zero)
    let answers = (0..<14).map { _ in brake.rejected(.mixHash, at: .zero) }
    #expect(
      answers == [nil, nil, nil, nil, 1, nil, nil, 2, nil, nil, 4, nil, nil, 8])
  }

  @Test func `half a balance is left after a pause`() {
    var brake = ShareBrake(at: .zero)
    for count in [200, 100, 100] {
      for _ in 0..<count { #expect(brake.rejected(.lowDifficulty, at: .zero) == nil) }
      #expect(brake.rejected(.lowDifficulty, at: .zero) != nil)
    }
  }

  @Test func `one wrong share after a pause is not paused again`() {
    var brake = ShareBrake(at: .zero)
    while brake.rejected(.lowDifficulty, at: .zero) == nil {}
    #expect(brake.rejected(.lowDifficulty, at: time(1)) == nil)
    #expect(brake.rejected(.mixHash, at: time(1)) == nil)
  }

  @Test(arguments: [100.0, 1_000, 1e6, 1e9])
  func `after a long quiet time the first pause is short again`(quiet: Double) {
    var brake = ShareBrake(at: .zero)
    var last = 0.0
    for _ in 0..<2_000 { last = brake.rejected(.lowDifficulty, at: .zero) ?? last }
    #expect(last == ShareBrake.longestPauseSeconds)
    // A balance is full after a hundred seconds; shares that count fill it too.
    var answers: [Double] = []
    for _ in 0..<201 { if let pause = brake.rejected(.duplicate, at: time(quiet)) { answers.append(pause) } }
    #expect(answers == [ShareBrake.firstPauseSeconds])
  }

  @Test func `good shares make the first pause short again`() {
    var brake = ShareBrake(at: .zero)
    for _ in 0..<2_000 { _ = brake.rejected(.lowDifficulty, at: .zero) }
    for _ in 0..<50 { brake.accepted(at: .zero) }
    let pause = (0..<201).compactMap { _ in brake.rejected(.lowDifficulty, at: .zero) }
    #expect(pause == [ShareBrake.firstPauseSeconds])
  }

  @Test(arguments: 0..<40)
  func `pauses are between the first and the longest, and double at most`(seed: UInt64) {
    var random = SeededRandom(seed: 300 + seed)
    var brake = ShareBrake(at: .zero)
    var now = 0.0
    var last = ShareBrake.firstPauseSeconds / 2
    for _ in 0..<5_000 {
      now += Double.random(in: 0...0.2, using: &random)
      guard Double.random(in: 0..<1, using: &random) < 0.95 else { brake.accepted(at: time(now)); continue }
      let reason = RejectReason.allCases.randomElement(using: &random) ?? .stale
      guard let pause = brake.rejected(reason, at: time(now)) else { continue }
      #expect((ShareBrake.firstPauseSeconds...ShareBrake.longestPauseSeconds).contains(pause))
      #expect(pause <= 2 * last || pause == ShareBrake.firstPauseSeconds)
      last = pause
      now += pause
    }
  }

  @Test func `a clock that stands still or goes back gives no credit`() {
    var brake = ShareBrake(at: time(100))
    var paused = 0
    for i in 0..<201 where brake.rejected(.lowDifficulty, at: time(Double(100 - i % 100))) != nil { paused += 1 }
    #expect(paused == 1)
  }
}
