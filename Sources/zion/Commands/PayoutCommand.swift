import ArgumentParser
import AsyncHTTPClient
import Foundation
import Logging
import Pool
import Stratum

/// `zion payout`: batches of payments, and what people decide about them.
struct PayoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "payout", abstract: "Look at batches of payments, approve them, pay now.",
    discussion: """
      zion run pays by itself, every payouts.interval. Batches above payouts.approval.above wait until enough of the
      approvers have signed them here, each with a private key of their own.
      """,
    subcommands: [
      List.self, Show.self, Approve.self, Reject.self, Run.self, Resolve.self, Threshold.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Batches, newest first.", discussion: "Exit code 0: printed. 1: the database cannot be read.")
    @OptionGroup var place: DatabaseArguments
    @Option(help: "How many.")
    var limit = 20
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      try await place.use { configuration, database in
        let table = PayoutTable(pool: configuration.local.name)
        let (limit, coin) = (limit, configuration.local.coin)
        let all = try await database.read { sql in try table.newest(limit, sql) }
        if json { return print(try JSONText.of(all.map { PayoutPage($0, coin: coin) })) }
        print(PayoutPage.table(all, coin: coin).joined(separator: "\n"))
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "One batch: whom it pays, where it stands, who has signed.",
      discussion: "Exit code 0: printed. 1: there is no such batch, or the database cannot be read.")
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "The batch's id.")
    var batch: PayoutBatchID
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      try await place.use { configuration, database in
        let table = PayoutTable(pool: configuration.local.name)
        let id = batch
        let (found, approvals) = try await database.read { sql in
          guard let found = try table.find(id, sql) else { throw ApprovalFailure.unknownBatch(id) }
          return (found, try table.approvals(of: found.order, sql))
        }
        let tally = try configuration.local.payouts.approvers().tally(approvals, of: found.order)
        let page = PayoutDetail(found, tally: tally, coin: configuration.local.coin)
        if json { return print(try JSONText.of(page)) }
        print(page.lines.joined(separator: "\n"))
      }
    }
  }

  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign a batch that waits for approval.",
      discussion: """
        The signature is over the exact batch: pool, chain, every address and amount. Look at it first: zion payout show.
        Exit code 0: the signature counts. 1: it does not, and why.
        """)
    @OptionGroup var vote: PayoutVote
    func run() async throws { try await vote.cast(.approve) }
  }

  struct Reject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Refuse a batch that waits for approval: its miners get their balances back.",
      discussion: "One rejection is enough. Exit code 0: it counts. 1: it does not, and why.")
    @OptionGroup var vote: PayoutVote
    func run() async throws { try await vote.cast(.reject) }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pay now: plan once, and take every open batch one step on.",
      discussion: """
        What zion run does every payouts.interval. Refused while another process has the right to pay.
        Exit code 0: done. 1: nothing could be done, and why. 2: some batch needs a look (see zion payout list).
        """)
    @OptionGroup var place: DatabaseArguments
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      var isWaiting = false
      try await place.use { configuration, database in
        let http = HTTPClient(configuration: BitcoinNode.httpConfiguration)
        let logger = Logger(label: "zion payout", factory: { LogLines.handler($0) })
        let parts = PayerParts(options: configuration.local, database: database, http: http, logger: logger)
        let result: Result<[PayoutBatch], any Error>
        do {
          guard let payer = try await parts.make() else {
            throw StartError("nobody is paid with this configuration: payouts are off, or the chain has no transfers")
          }
          result = .success(try await payer.runOnce())
        } catch {
          result = .failure(error)
        }
        try await http.shutdown()
        let batches = try result.get()
        let coin = configuration.local.coin
        if json {
          print(try JSONText.of(batches.map { PayoutPage($0, coin: coin) }))
        } else {
          print(PayoutPage.summary(batches, coin: coin))
        }
        isWaiting = batches.contains { if case .review = $0.state { true } else { false } }
      }
      if isWaiting { throw ExitCode(2) }
    }
  }
}

extension PayoutBatchID: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// What approving and rejecting have in common.
struct PayoutVote: ParsableArguments {
  @OptionGroup var place: DatabaseArguments
  @Argument(help: "The batch's id.")
  var batch: PayoutBatchID
  @Option(help: "File of your private key (PEM, readable by you only).")
  var key: String

  func cast(_ decision: PayoutApproval.Decision) async throws {
    try await place.use { configuration, database in
      let key = try KeyFiles.privateKey(at: key)
      let approvers = try configuration.local.payouts.approvers()
      let table = PayoutTable(pool: configuration.local.name)
      let (id, now) = (batch, Clocks.wall())
      let (order, tally) = try await database.write { sql in
        guard let found = try table.find(id, sql) else { throw ApprovalFailure.unknownBatch(id) }
        try table.add(PayoutApproval(decision, on: found.order, by: key), to: id, of: approvers, at: now, sql)
        return (found.order, approvers.tally(try table.approvals(of: found.order, sql), of: found.order))
      }
      let what = "\(order.outputs.count) miners, \(configuration.local.coin.named(order.total))"
      switch decision {
      case .approve:
        print("approved \(id) (\(what)): \(tally.approvedBy.count) of \(order.requiredApprovals) needed")
      case .reject: print("rejected \(id) (\(what)): the miners get their balances back")
      }
    }
  }
}

extension PayoutOptions {
  /// The keys of those who may approve.
  func approvers() throws -> Approvers {
    try Approvers(keys: (approval?.keys ?? []).map { try KeyFiles.publicKey(at: $0) })
  }
}
