import Stratum
import TestSupport

@testable import Pool

/// Payers that work on one store and one node, with everything lost, late, doubled and cut off that can be.
struct ModelPayer {
  enum Work {
    case event(PayoutEvent)
    case step(PayoutStep)
  }

  struct Job {
    var due: UInt32
    var payer: Int
    var id: PayoutBatchID
    var work: Work
  }

  /// A call that is still on its way to the node.
  struct LateCall {
    var due: UInt32
    var apply: @Sendable (inout ModelChain) -> Void
  }

  static let addresses = ["alice", "bob", "carol"]
  let machine: PayoutMachine
  let route: PayoutOrder.Route
  var random: SeededRandom
  var chain = ModelChain()
  var now: UInt32 = Sample.start.seconds
  /// What is stored, and survives.
  private(set) var stored: [PayoutBatchID: PayoutBatch] = [:]
  private(set) var balances: [String: Int64]
  private(set) var settled: [String: Int64] = [:]
  private(set) var earned: [String: Int64] = [:]
  /// What two processes remember, and lose.
  private var views: [[PayoutBatchID: PayoutBatch]] = [[:], [:]]
  private var jobs: [Job] = []
  private var lateCalls: [LateCall] = []
  /// No more trouble: for the end.
  var isCalm = false
  private(set) var count: [String: Int] = [:]

  init(seed: UInt64, route: PayoutOrder.Route) {
    random = SeededRandom(seed: seed)
    self.route = route
    // Short enough that a history sees the end of it, but for the patience that late calls need.
    var rules = PayoutMachine.Rules()
    (rules.preparePatience, rules.unknownPatience) = (600, 3_600)
    machine = PayoutMachine(rules: rules)
    balances = Dictionary(uniqueKeysWithValues: Self.addresses.map { ($0, 0) })
  }

  private mutating func chance(_ percent: Int) -> Bool { !isCalm && Int.random(in: 0..<100, using: &random) < percent }

  mutating func note(_ what: String) { count[what, default: 0] += 1 }

  var isDone: Bool { balances.values.allSatisfy { $0 == 0 } && stored.values.allSatisfy(\.isClosed) }

  mutating func earn() {
    for address in Self.addresses {
      let amount = Int64.random(in: 1...1_000, using: &random)
      earned[address, default: 0] += amount
      balances[address, default: 0] += amount
    }
  }

  /// A new batch of all that is owed, its sum taken from the accounts in the same moment.
  mutating func plan() {
    let outputs = Self.addresses.enumerated().compactMap { index, address in
      balances[address].flatMap { $0 > 0 ? $0 : nil }.map {
        PayoutOutput(address: address, script: [UInt8(index)], amount: AtomicUnits($0))
      }
    }
    guard !outputs.isEmpty else { return }
    let id = PayoutBatchID(using: &random)
    let order = PayoutOrder(
      id: id, pool: "p", chain: "c", outputs: outputs, fees: .pool, route: route,
      requiredApprovals: Int.random(in: 0...2, using: &random))
    stored[id] = PayoutBatch(order: order, since: UnixTime(seconds: now))
    for output in outputs { balances[output.address, default: 0] -= output.amount.value }
    add(Int.random(in: 0...1, using: &random), id, .event(.advance))
  }

  /// Everything in memory is gone; what is open in the store is taken up again.
  mutating func restart(_ payer: Int) {
    note("restarts")
    views[payer] = [:]
    jobs.removeAll { $0.payer == payer }
    for id in stored.values.filter({ !$0.isClosed }).map(\.order.id).sorted(by: { $0.text < $1.text }) {
      add(payer, id, .event(.advance))
    }
  }

  mutating func tick() {
    let late = lateCalls.filter { $0.due <= now }
    lateCalls.removeAll { $0.due <= now }
    for call in late { call.apply(&chain) }
    let due = jobs.filter { $0.due <= now }
    jobs.removeAll { $0.due <= now }
    for job in due {
      switch job.work {
      case .event(let event): handle(event, job)
      case .step(let step): run(step, job)
      }
    }
  }

  private mutating func add(_ payer: Int, _ id: PayoutBatchID, _ work: Work, after seconds: Double = 0) {
    let late = chance(10) ? UInt32.random(in: 1...900, using: &random) : 0
    jobs.append(Job(due: now + UInt32(seconds) + late, payer: payer, id: id, work: work))
    // Whatever comes may come twice; but that a payer calls `sendmany` once per claim is its own affair.
    if case .step(.submit) = work { return }
    if chance(5) { jobs.append(Job(due: now + late + 60, payer: payer, id: id, work: work)) }
  }

  private mutating func handle(_ event: PayoutEvent, _ job: Job) {
    guard let batch = views[job.payer][job.id] ?? stored[job.id] else { return }
    let transition = machine.next(batch, event, at: UnixTime(seconds: now))
    guard transition.batch.version > batch.version else {
      views[job.payer][job.id] = batch
      return add(job.payer, job.id, .step(transition.step))
    }
    if chance(5) { return restart(job.payer) }
    guard store(transition, over: batch.version) else {
      note("lost races")
      views[job.payer][job.id] = nil
      return add(job.payer, job.id, .event(.advance))
    }
    // Stored, and the answer lost.
    if chance(5) { return restart(job.payer) }
    views[job.payer][job.id] = transition.batch
    add(job.payer, job.id, .step(transition.step))
  }

  /// Compare and swap, with the booking in the same transaction.
  private mutating func store(_ transition: PayoutTransition, over version: Int64) -> Bool {
    let id = transition.batch.order.id
    guard stored[id]?.version == version else { return false }
    stored[id] = transition.batch
    note("\(transition.batch.state)".prefix { $0.isLetter }.description)
    for output in transition.batch.order.outputs {
      switch transition.booking {
      case .settle: settled[output.address, default: 0] += output.amount.value
      case .giveBack: balances[output.address, default: 0] += output.amount.value
      case nil: break
      }
    }
    return true
  }

  private mutating func run(_ step: PayoutStep, _ job: Job) {
    if chance(3) { return restart(job.payer) }
    switch step {
    case .pause(let seconds): add(job.payer, job.id, .event(.advance), after: seconds)
    case .waitForApprovals:
      if chance(10) { return add(job.payer, job.id, .event(.disapproved(reason: "no"))) }
      add(job.payer, job.id, .event(.approved(count: Int.random(in: 1...2, using: &random))))
    case .prepare: prepare(job)
    case .broadcast(let payout, let seconds) where seconds > 0:
      add(job.payer, job.id, .step(.broadcast(payout, afterSeconds: 0)), after: seconds)
    case .broadcast(let payout, _): broadcast(payout, job)
    case .submit: submit(job)
    case .lookUp(let seconds) where seconds > 0:
      add(job.payer, job.id, .step(.lookUp(afterSeconds: 0)), after: seconds)
    case .lookUp: answer(.found(chain.matches(comment: job.id.text)), job)
    case .ask(let txid, let seconds) where seconds > 0:
      add(job.payer, job.id, .step(.ask(txid: txid, afterSeconds: 0)), after: seconds)
    case .ask(let txid, _): answer(.status(chain.status(of: txid)), job)
    case .release: add(job.payer, job.id, .event(.advance))
    case .review, .finished: break
    }
  }

  /// The node's answer, unless it is lost.
  private mutating func answer(_ event: PayoutEvent, _ job: Job, lost: PayoutEvent = .failedToAsk) {
    add(job.payer, job.id, .event(chance(10) ? lost : event))
  }

  private mutating func prepare(_ job: Job) {
    guard let batch = views[job.payer][job.id] ?? stored[job.id] else { return }
    if chance(40) { return answer(.notPrepared(reason: "too little"), job) }
    let txid = chain.make(batch.order.outputs)
    let payout = SignedPayout(
      rawTransaction: txid.bytes, txid: txid, inputs: chain.transactions[txid]?.inputs ?? [], fee: AtomicUnits(5),
      amounts: batch.order.outputs.map(\.amount))
    answer(.prepared(payout), job)
  }

  private mutating func broadcast(_ payout: SignedPayout, _ job: Job) {
    if chance(10) {
      let moody = chance(20)
      lateCalls.append(
        LateCall(due: now + UInt32.random(in: 1...20_000, using: &random)) { chain in
          _ = chain.receive(payout.txid, isMoody: moody)
        })
      return answer(.broadcast(.unclear(reason: "timeout")), job)
    }
    answer(.broadcast(chain.receive(payout.txid, isMoody: chance(20))), job, lost: .broadcast(.unclear(reason: "cut")))
  }

  private mutating func submit(_ job: Job) {
    guard let batch = stored[job.id] else { return }
    note("submissions of \(job.id)")
    if chance(10) { return answer(.answered(.refused(reason: "locked")), job, lost: .answered(.unclear(reason: "?"))) }
    if chance(5) { return answer(.answered(.unclear(reason: "never arrived")), job) }
    let (outputs, comment) = (batch.order.outputs, job.id.text)
    if chance(15) {
      lateCalls.append(
        LateCall(due: now + UInt32.random(in: 1...20_000, using: &random)) { chain in
          let txid = chain.make(outputs, comment: comment)
          _ = chain.receive(txid, isMoody: false)
        })
      return answer(.answered(.unclear(reason: "timeout")), job)
    }
    let txid = chain.make(outputs, comment: comment)
    _ = chain.receive(txid, isMoody: false)
    answer(.answered(.sent(txid: txid)), job, lost: .answered(.unclear(reason: "cut")))
  }

  /// Transactions that are signed or sent, in the order of their batches' ids.
  var open: [Hash256] {
    stored.values.filter { !$0.isClosed }.sorted { $0.order.id.text < $1.order.id.text }.compactMap {
      $0.transaction?.txid
    }
  }

  /// Nothing is on its way to the node any more.
  mutating func settleCalls() {
    for call in lateCalls { call.apply(&chain) }
    lateCalls = []
  }

  /// An operator who looks into the chain, and makes sure that what is not paid never will be.
  mutating func resolveReviews() {
    settleCalls()
    for batch in stored.values.sorted(by: { $0.order.id.text < $1.order.id.text }) {
      guard case .review = batch.state else { continue }
      var candidates = chain.matches(comment: batch.order.id.text).map(\.txid)
      if let own = batch.transaction?.txid, !candidates.contains(own) { candidates.append(own) }
      let txid = candidates.first { chain.height(of: $0) != nil }
      for other in candidates where other != txid { chain.steal(other) }
      let resolution: PayoutResolution = txid.map { .paid(txid: $0, fee: AtomicUnits(5)) } ?? .notPaid
      let transition = machine.next(batch, .resolved(resolution), at: UnixTime(seconds: now))
      _ = store(transition, over: batch.version)
    }
  }
}
