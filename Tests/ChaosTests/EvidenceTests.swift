import Chaos
import Testing

/// What the reader must find when somebody has planted it.
@Suite struct EvidenceTests {
  static func hash(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 64 - digits.count) + digits
  }

  /// Three shares of one miner, the last of them a block whose money is booked and paid; one share of an upstream pool.
  static func sound() -> Evidence {
    let user = "miner.rig"
    let hashes = (1...3).map(hash)
    let stored = hashes.map { StoredShare(hash: $0, work: 1000, user: user, isBlock: $0 == hashes[2]) }
    var client = ClientTruth(
      shares: hashes.map {
        ClientTruth.Share(hash: $0, user: user, work: 1000, isBlock: $0 == hashes[2], reply: .accepted)
      })
    client.shares.append(.init(hash: hash(4), user: user, pool: "alpha", work: 500, reply: .accepted))
    client.shares.append(
      .init(hash: hash(5), user: user, work: 1000, reply: .rejected(code: 21, message: "Stale share")))
    var database = DatabaseReading()
    database.shares = stored
    database.totalShares = 3
    database.blocks = [.init(hash: hashes[2], height: 7, status: "mature", reward: 50, bookings: 1)]
    let reward = "reward:\(hashes[2])"
    database.transfers = [
      .init(id: "1", debit: "wallet", credit: reward, amount: 50, kind: "reward", reference: hashes[2]),
      .init(id: "2", debit: reward, credit: "miner:miner", amount: 50, kind: "base", reference: hashes[2]),
      .init(id: "3", debit: "miner:miner", credit: "payout:b", amount: 50, kind: "payout", reference: "b"),
      .init(id: "4", debit: "payout:b", credit: "wallet", amount: 50, kind: "settlement", reference: "b"),
    ]
    database.balances = ["wallet": 0, reward: 0, "miner:miner": 0, "payout:b": 0]
    database.batches = [.init(id: "b", state: "final", txid: "tx")]
    database.paid = ["miner": 50]
    var chain = ChainReading()
    chain.confirmations = [hashes[2]: 101, hash(99): 5]
    chain.sends = ["tx"]
    chain.received = ["miner": 50]
    return Evidence(
      client: client, journal: stored, database: database, chain: chain, upstreams: ["alpha": [hash(4)]],
      upstreamWork: 500, upstreamReplies: true)
  }

  @Test func `nothing is found where nothing is wrong`() {
    #expect(Self.sound().violations == [])
  }

  struct Plant: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let invariant: Violation.Invariant
    let plant: @Sendable (inout Evidence) -> Void

    init(_ name: String, _ invariant: Violation.Invariant, _ plant: @escaping @Sendable (inout Evidence) -> Void) {
      (testDescription, self.invariant, self.plant) = (name, invariant, plant)
    }
  }

  static let plants = [
    Plant("a share lost from journal and database", .acknowledgedIsDurable) {
      $0.journal.removeFirst()
      $0.database.shares.removeFirst()
      $0.database.totalShares = 2
    },
    Plant("a share that stayed in the journal", .acknowledgedIsDurable) {
      $0.database.shares.removeFirst()
      $0.database.totalShares = 2
    },
    Plant("a share stored twice", .creditedOnce) {
      $0.database.shares.append($0.database.shares[0])
      $0.database.totalShares = 4
    },
    Plant("a share written twice", .creditedOnce) { $0.journal.append($0.journal[0]) },
    Plant("a share summed up twice", .creditedOnce) { $0.database.totalShares += 1 },
    Plant("a share acknowledged twice", .creditedOnce) { $0.client.shares.append($0.client.shares[0]) },
    Plant("a share from nowhere", .creditedOnce) {
      $0.database.shares.append(StoredShare(hash: hash(77), work: 1, user: "thief.rig"))
      $0.database.totalShares = 4
    },
    Plant("more work than agreed", .creditedAsAgreed) { $0.database.shares[1].work += 1 },
    Plant("somebody else's share", .creditedAsAgreed) { $0.database.shares[1].user = "thief.rig" },
    Plant("a share harder than the upstream pool's", .creditedAsAgreed) { $0.client.shares[3].work = 501 },
    Plant("a unit from nowhere", .moneyConserved) { $0.database.balances["miner:miner"] = 1 },
    Plant("two balances that hide each other", .moneyConserved) {
      $0.database.balances["miner:miner"] = 1
      $0.database.balances["wallet"] = -1
    },
    Plant("a transfer posted twice", .creditedOnce) { $0.database.transfers.append($0.database.transfers[3]) },
    Plant("a transfer of nothing", .moneyConserved) { $0.database.transfers[3].amount = 0 },
    Plant("a block that was booked and is orphaned", .moneyConserved) { $0.database.blocks[0].bookings = 2 },
    Plant("a block of another sum", .moneyConserved) { $0.database.blocks[0].reward = 51 },
    Plant("a block that nobody has", .blockNeverLost) {
      $0.database.blocks = []
      $0.chain.confirmations[hash(3)] = nil
    },
    Plant("a mature block that the chain took back", .blocksAreChain) { $0.chain.confirmations[hash(3)] = -1 },
    Plant("a block beside the chain that counts as immature", .blocksAreChain) { $0.lose(hash(8), height: 97) },
    Plant("a block in the chain that counts as orphaned", .blocksAreChain) {
      $0.database.blocks[0].status = "orphaned"
    },
    Plant("a payment that no batch knows", .broadcastOnce) { $0.chain.sends?.append("second") },
    Plant("a payment that was never sent", .ledgerIsChain) { $0.chain.sends = [] },
    Plant("too much for an address", .ledgerIsChain) { $0.chain.received["miner"] = 100 },
    Plant("an acknowledged share that the upstream pool has not", .upstreamAsAcknowledged) {
      $0.upstreams["alpha"] = []
    },
    Plant("a share that nobody sent to the upstream pool", .upstreamAsAcknowledged) {
      $0.upstreams["alpha"]?.append(hash(66))
    },
    Plant("a refusal without a code", .rejectsHaveReasons) {
      $0.client.shares[4].reply = .rejected(code: -1, message: "no")
    },
    Plant("a good share called a duplicate", .rejectsHaveReasons) {
      $0.client.shares[4].reply = .rejected(code: 22, message: "Duplicate share")
    },
    Plant("a share without an answer", .rejectsHaveReasons) { $0.client.shares[4].reply = .pending },
    Plant("a line that is none", .understood) { $0.client.oddities.append("miner.rig: not JSON") },
    Plant("an honest miner who is banned", .honestNotBanned) { $0.database.banned = ["127.0.0.1"] },
  ]

  @Test(arguments: plants)
  func `what was planted is found`(plant: Plant) {
    var evidence = Self.sound()
    plant.plant(&evidence)
    let found = evidence.violations
    #expect(found.contains { $0.invariant == plant.invariant }, "\(plant.testDescription): \(found)")
  }

  @Test(arguments: ["immature", "submitted"])
  func `seed 69: a race that was lost late is open until the chain decides it, and the database says so`(
    status: String
  ) {
    var evidence = Self.sound()
    evidence.chain.confirmations = [Self.hash(3): 95, Self.hash(8): -1]
    evidence.database.blocks.append(
      .init(hash: Self.hash(8), height: 95, status: status, reward: 50, bookings: 0))
    #expect(evidence.violations.contains { $0.invariant == .blocksAreChain } == (status == "immature"))
    #expect(evidence.races == ["block \(Self.hash(8)) of height 95 lost a race, and the chain has 95 blocks"])
    #expect(evidence.unheard == [])
    evidence.chain.confirmations[Self.hash(3)] = 101
    evidence.chain.confirmations[Self.hash(9)] = 1
    #expect(evidence.races == ["block \(Self.hash(8)) of height 95 lost a race, and the chain has 101 blocks"])
    #expect(evidence.unheard == ["block \(Self.hash(9)) is not stored"])
    evidence.database.blocks[1].status = "orphaned"
    evidence.database.blocks.append(
      .init(hash: Self.hash(9), height: 101, status: "submitted", reward: 50, bookings: 0))
    #expect(evidence.races == [])
    #expect(evidence.unheard == ["block \(Self.hash(9)) is submitted, booked 0 times"])
    evidence.database.blocks[2].status = "immature"
    #expect(evidence.races + evidence.unheard == [])
    #expect(evidence.violations == [])
  }

  @Test func `a race that turned, and money that does not follow, is heard of late`() {
    var evidence = Self.sound()
    evidence.chain.confirmations[Self.hash(3)] = -1
    #expect(evidence.unheard == ["block \(Self.hash(3)) is mature, booked 1 times", Self.notStored(99)])
    evidence.database.blocks[0].status = "orphaned"
    #expect(evidence.unheard == ["block \(Self.hash(3)) is orphaned, booked 1 times", Self.notStored(99)])
    evidence.database.blocks[0].bookings = 2
    #expect(evidence.unheard == [Self.notStored(99)])
    evidence.chain.confirmations[Self.hash(3)] = 1
    #expect(evidence.unheard == ["block \(Self.hash(3)) is orphaned, booked 2 times", Self.notStored(99)])
  }

  private static func notStored(_ number: Int) -> String { "block \(hash(number)) is not stored" }
}

extension Evidence {
  fileprivate var races: [String] { chain.races(database.blocks) }
  fileprivate var unheard: [String] { chain.unheard(database.blocks) }

  /// A block of ours that is not in the chain of 101 blocks, and brought nothing.
  fileprivate mutating func lose(_ hash: String, height: Int) {
    database.blocks.append(.init(hash: hash, height: height, status: "immature", reward: 50, bookings: 0))
    chain.confirmations[hash] = -1
  }
}
