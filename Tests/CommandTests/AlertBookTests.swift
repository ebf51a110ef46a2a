import Orchestrator
import Stratum
import Testing

@testable import zion

@Suite struct AlertBookTests {
  /// A farm in simulated time: what it does changes, and every second is looked at.
  private struct Farm {
    var book: AlertBook
    var facts = AlertFacts(at: 0, hashrate: 100, miners: 5)
    var told: [(at: Double, alert: Alert)] = []
    var sharesPerSecond = 1

    init(_ options: AlertOptions = AlertOptions()) { book = AlertBook(options) }

    mutating func run(_ seconds: Int) {
      for _ in 0..<seconds {
        facts.at += 1
        facts.shares += sharesPerSecond
        for alert in book.look(facts) { told.append((facts.at, alert)) }
      }
    }

    /// `kind@second`, with a plus for what is over.
    var story: [String] { told.map { "\($0.alert.kind.rawValue)\($0.alert.isResolved ? "+" : "")@\(Int($0.at))" } }
  }

  @Test func `a farm at work is silent`() {
    var farm = Farm()
    for hour in 0..<50 {
      farm.facts.hashrate = hour.isMultiple(of: 2) ? 100 : 80
      farm.facts.blocks += 1
      farm.facts.errors += 5
      farm.run(3600)
    }
    #expect(farm.story == [])
  }

  @Test func `half of the hashrate gone for two minutes is told once, and that it is over once`() {
    var farm = Farm()
    farm.run(3600)
    farm.facts.hashrate = 51
    farm.run(600)
    #expect(farm.story == [])
    farm.facts.hashrate = 40
    farm.run(100)
    #expect(farm.story == [])
    farm.run(200)
    #expect(farm.story == ["hashrate_drop@4321"])
    #expect(farm.told.first?.alert.text == "59 % of the hashrate of the hour before are gone")
    farm.facts.hashrate = 90
    farm.run(10)
    #expect(farm.story == ["hashrate_drop@4321", "hashrate_drop+@4501"])
  }

  @Test func `a drop is judged by an hour, and not before a quarter of it is known`() {
    var farm = Farm()
    farm.run(600)
    farm.facts.hashrate = 1
    farm.run(300)
    #expect(farm.story == [])
  }

  @Test func `ten minutes without a share, a day without a block`() {
    var farm = Farm()
    farm.run(100)
    farm.sharesPerSecond = 0
    farm.run(700)
    #expect(farm.story == ["no_share@700"])
    #expect(farm.told.first?.alert.text == "no share was accepted for 10 minutes")
    farm.sharesPerSecond = 1
    farm.run(86_400)
    #expect(farm.story == ["no_share@700", "no_share+@801", "no_block@86401"])
    farm.facts.blocks += 1
    farm.run(1)
    #expect(farm.story.last == "no_block+@87201")
  }

  @Test func `blocks that pay a stranger are told at once, and that it is over`() {
    var farm = Farm()
    farm.run(10)
    var source = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    var snapshot = FleetSnapshot(at: .zero, sources: [source], miners: [])
    #expect(AlertFacts(snapshot).payeeChanges == [:])
    source.payeeChange = PayeeChange(from: [0xa0], to: [0xee], stoodSeconds: 7_200, at: .zero)
    snapshot.sources = [source]
    farm.facts.payeeChanges = AlertFacts(snapshot).payeeChanges
    farm.run(600)
    #expect(farm.story == ["payee_changed@11"])
    #expect(
      farm.told.first?.alert.text.hasPrefix(
        "the blocks of alpha pay the script ee and no longer a0, which they paid for 2 hours") == true)
    #expect(farm.told.first?.alert.kind.isCritical == true)
    // Another pool's, while the first one's stands.
    farm.facts.payeeChanges["beta"] = "the blocks of beta pay another"
    farm.run(10)
    #expect(farm.story == ["payee_changed@11", "payee_changed@611"])
    #expect(farm.told.last?.alert.text == "the blocks of beta pay another")
    farm.facts.payeeChanges["alpha"] = nil
    farm.run(10)
    #expect(farm.story == ["payee_changed@11", "payee_changed@611", "payee_changed+@621"])
    #expect(farm.told.last?.alert.text == "alpha: over")
    farm.facts.payeeChanges = [:]
    farm.run(10)
    #expect(farm.story.last == "payee_changed+@631" && farm.told.last?.alert.text == "beta: over")
  }

  @Test func `more than ten errors within a minute`() {
    var farm = Farm()
    for _ in 0..<10 {
      farm.facts.errors += 1
      farm.run(6)
    }
    farm.run(60)
    #expect(farm.story == [])
    farm.facts.errors += 11
    farm.run(1)
    #expect(farm.story == ["errors@121"])
    farm.run(70)
    #expect(farm.story == ["errors@121", "errors+@181"])
  }

  @Test func `trouble of half a minute, and miners that are gone for five`() {
    var farm = Farm()
    farm.facts.troubles = ["the journal cannot be written: No space left on device"]
    farm.run(29)
    farm.facts.troubles = []
    farm.run(1)
    #expect(farm.story == [])
    farm.facts.troubles = ["the journal cannot be written: No space left on device"]
    farm.run(40)
    #expect(farm.story == ["unhealthy@61"])
    farm.facts.troubles = []
    farm.facts.miners = 0
    farm.run(400)
    #expect(farm.story == ["unhealthy@61", "unhealthy+@71", "no_miners@371"])
  }

  @Test func `what comes and goes is not told again before the cool-down`() {
    var farm = Farm()
    for _ in 0..<20 {
      farm.facts.troubles = ["the node does not answer"]
      farm.run(40)
      farm.facts.troubles = []
      farm.run(20)
    }
    // Begun at 31; the next one that begins 300 seconds later or more is that of 331.
    #expect(
      farm.story == [
        "unhealthy@31", "unhealthy+@41", "unhealthy@331", "unhealthy+@341", "unhealthy@631", "unhealthy+@641",
        "unhealthy@931", "unhealthy+@941",
      ])
  }

  @Test func `what lasts beyond the cool-down is told when the cool-down is over`() {
    var farm = Farm()
    farm.facts.troubles = ["the node does not answer"]
    farm.run(40)
    farm.facts.troubles = []
    farm.run(10)
    farm.facts.troubles = ["the node does not answer"]
    farm.run(400)
    #expect(farm.story == ["unhealthy@31", "unhealthy+@41", "unhealthy@331"])
  }
}
