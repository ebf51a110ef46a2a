import Stratum
import Testing

@testable import Pool

/// The way of a found block, as events and steps.
struct BlockProgressTests {
  private func progress(_ state: BlockState = .found) -> BlockProgress {
    BlockProgress(
      height: 100, rules: BlockProgress.Rules(maturity: 10, watchedDepth: 20, orphanDepth: 3, pollSeconds: 30),
      state: state)
  }

  @Test func `an accepted block ages until it is mature`() {
    var block = progress()
    #expect(block.firstStep == .submit)
    #expect(block.received(.accepted) == .ask(afterSeconds: 0))
    #expect(block.state == .submitted)
    #expect(block.received(.inChain(confirmations: 1), tip: 100) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 1))
    #expect(block.received(.inChain(confirmations: 9), tip: 108) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 9))
    #expect(block.received(.inChain(confirmations: 10), tip: 109) == .ask(afterSeconds: 120))
    #expect(block.state == .mature)
    #expect(block.received(.inChain(confirmations: 29), tip: 128) == .ask(afterSeconds: 120))
    #expect(block.received(.inChain(confirmations: 30), tip: 129) == .finished)
    #expect(block.state == .mature)
  }

  @Test func `a mature block that leaves the chain is not mature, and is again when it returns`() {
    var block = progress(.mature)
    #expect(block.firstStep == .ask(afterSeconds: 0))
    #expect(block.received(.orphaned, tip: 99) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 0))
    #expect(block.received(.orphaned, tip: 110) == .ask(afterSeconds: 30))
    #expect(block.state == .orphaned)
    #expect(block.received(.inChain(confirmations: 12), tip: 111) == .ask(afterSeconds: 120))
    #expect(block.state == .mature)
    #expect(block.received(.inChain(confirmations: 3), tip: 102) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 3))
  }

  @Test(arguments: [BlockState.immature(confirmations: 5), .mature, .orphaned])
  func `a node that has forgotten a block it knew decides nothing`(state: BlockState) {
    var block = progress(state)
    #expect(block.received(.notFound, tip: 500) == .ask(afterSeconds: 30))
    #expect(block.state == state)
  }

  @Test func `a refused block is rejected with the node's words, also when the node keeps its header`() {
    for status in [HeaderStatus.notFound, .orphaned] {
      var block = progress()
      #expect(block.received(.rejected(reason: "bad-cb-amount")) == .ask(afterSeconds: 0))
      #expect(block.received(status, tip: 100) == .finished)
      #expect(block.state == .rejected(reason: "bad-cb-amount"))
    }
  }

  @Test func `a block that a node refused and has nevertheless is not lost`() {
    var block = progress()
    _ = block.received(.rejected(reason: "whatever"))
    #expect(block.received(.inChain(confirmations: 1), tip: 100) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 1))
  }

  @Test func `an unclear answer is asked for and tried again, later and later, until two blocks are above`() {
    var block = progress()
    var waits: [Double] = []
    for _ in 0..<8 {
      #expect(block.received(.unclear(reason: "inconclusive")) == .ask(afterSeconds: 0))
      guard case .submitAgain(let seconds) = block.received(.notFound, tip: 101) else {
        Issue.record("a block one behind can still win")
        return
      }
      waits.append(seconds)
    }
    #expect(waits == [0.5, 1, 2, 4, 8, 16, 16, 16])
    #expect(block.received(.notFound, tip: 102) == .finished)
    #expect(
      block.state
        == .rejected(reason: "no node has it and the chain is two blocks further; last answer: inconclusive"))
  }

  @Test func `a block of a shorter branch is orphaned when the other is deep enough, and can come back`() {
    var block = progress()
    _ = block.received(.accepted)
    #expect(block.received(.orphaned, tip: 100) == .ask(afterSeconds: 30))
    #expect(block.state == .submitted)
    #expect(block.received(.orphaned, tip: 101) == .ask(afterSeconds: 30))
    #expect(block.received(.orphaned, tip: 102) == .ask(afterSeconds: 30))
    #expect(block.state == .orphaned)
    #expect(block.received(.inChain(confirmations: 4), tip: 103) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 4))
    #expect(block.received(.orphaned, tip: 105) == .ask(afterSeconds: 30))
    #expect(block.state == .orphaned)
    #expect(block.received(.orphaned, tip: 128) == .ask(afterSeconds: 30))
    #expect(block.received(.orphaned, tip: 129) == .finished)
  }

  @Test func `a short reorganisation takes the confirmations and nothing else`() {
    var block = progress(.immature(confirmations: 2))
    #expect(block.firstStep == .ask(afterSeconds: 0))
    #expect(block.received(.orphaned, tip: 101) == .ask(afterSeconds: 30))
    #expect(block.state == .immature(confirmations: 0))
  }

  @Test func `nodes that do not answer are asked for ever`() {
    var block = progress(.submitted)
    #expect(block.firstStep == .submit)
    for _ in 0..<100 {
      guard case .ask(let seconds) = block.failedToAsk() else {
        Issue.record("silence decides nothing")
        return
      }
      #expect(seconds <= 16)
    }
    #expect(block.state == .submitted)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever the nodes say, a finished block is mature, rejected or orphaned`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var block = progress()
    var step = block.firstStep
    var tip: UInt32 = 99
    for _ in 0..<2000 where step != .finished {
      tip += random.next() % 3 == 0 ? 1 : 0
      switch step {
      case .submit, .submitAgain:
        step = block.received(
          [.accepted, .rejected(reason: "r"), .unclear(reason: "u")].randomElement(using: &random) ?? .accepted)
      case .ask, .finished:
        let status: HeaderStatus =
          [.notFound, .orphaned, .inChain(confirmations: tip >= 100 ? tip - 99 : 1)].randomElement(using: &random)
          ?? .notFound
        step = random.next() % 5 == 0 ? block.failedToAsk() : block.received(status, tip: tip)
      }
    }
    #expect(step == .finished)
    switch block.state {
    case .mature, .rejected, .orphaned: break
    case .found, .submitted, .immature: Issue.record("finished as \(block.state)")
    }
  }
}
