import Logging
import Orchestrator
import Pool
import Proxy
import Stratum
import Synchronization

/// The ban book of this process: asked at the door, kept in the database, and the same on every node that shares that.
///
/// It goes on without the database: what it decided meanwhile is stored when that is back.
final class BanDesk: Gate {
  /// Changes that wait for the database; beyond, the oldest is lost to a restart, not to this process.
  static let unsavedLimit = 100_000
  /// Records of other nodes that are read at once.
  private static let batch = 1000

  struct State: Sendable {
    var book: BanBook
    /// Whether anybody is banned for conduct.
    var isEnabled: Bool
    var unsaved: [BanTable.Change] = []
    var edition = 0
    /// Of those that are being stored: how many were dropped meanwhile.
    var dropped = 0
    /// The newest record that was read; `nil` before the first.
    var lastRecord: Int64?
  }

  let state: Mutex<State>
  let database: any Database
  /// Whether nobody else brings its tables up to date.
  private let migrates: Bool
  private let events: EventSink
  private let logger: Logger

  init(_ options: BanOptions, database: any Database, migrates: Bool, events: EventSink, logger: Logger) {
    state = Mutex(State(book: BanBook(options.rules), isEnabled: options.isEnabled))
    self.database = database
    self.migrates = migrates
    self.events = events
    self.logger = logger
  }

  static func moment() -> BanMoment { BanMoment(monotonic: Clocks.uptime(), wall: Clocks.wall()) }

  /// Other rules, for what happens from now on; bans that were made stay as they are.
  func use(_ options: BanOptions) {
    state.withLock { state in
      state.isEnabled = options.isEnabled
      state.book.use(options.rules)
      state.edition += 1
    }
  }

  // MARK: at the door

  var edition: Int { state.withLock { $0.edition } }

  func refusal(of address: NetworkAddress) -> String? {
    state.withLock { $0.book.refusal(of: address, at: Clocks.wall()) }.map(Self.sentence)
  }

  func refusal(of name: String, at address: NetworkAddress) -> String? {
    state.withLock { $0.book.refusal(of: name, at: address, now: Clocks.wall()) }.map(Self.sentence)
  }

  func accepted(_ name: String, from address: NetworkAddress) {
    state.withLock { $0.book.accepted(name, from: address, at: Self.moment()) }
  }

  func note(_ violation: Violation, from address: NetworkAddress, name: String?) {
    made(state.withLock { $0.note { $0.note(violation, from: address, name: name, at: Self.moment()) } })
  }

  func disconnected(_ name: String?, from address: NetworkAddress, for evidence: [ViolationTally]) {
    made(state.withLock { $0.note { $0.disconnected(name, from: address, for: evidence, at: Self.moment()) } })
  }

  private static func sentence(_ ban: Ban) -> String {
    "\(ban.until.map { "until \(Moment.text($0.seconds))" } ?? "until the operator lifts it"), for: \(ban.reason)"
  }

  private func made(_ bans: [Ban]) {
    for ban in bans {
      logger.warning("banned", metadata: ban.metadata)
      events.publish(.ban(BanEvent(ban)))
    }
  }

  // MARK: orders

  /// - Returns: the ban, which holds from now on.
  func add(_ subject: BanSubject, seconds: Int64?, reason: String, by whom: String) -> Ban {
    let now = Clocks.wall()
    let ban = state.withLock { state in
      let ban = state.book.add(
        subject, until: seconds.map { now.advanced(by: $0) }, reason: reason, by: whom, at: now)
      state.keep([.banned(ban)])
      return ban
    }
    made([ban])
    return ban
  }

  /// - Returns: what was lifted; `nil` when there was nothing.
  func lift(_ subject: BanSubject, by whom: String) -> Ban? {
    let lifted = state.withLock { state in
      let lifted = state.book.remove(subject)
      if lifted != nil { state.keep([.lifted(subject, by: whom)]) }
      return lifted
    }
    if let lifted { logger.notice("a ban was lifted", metadata: lifted.metadata) }
    return lifted
  }

  // MARK: time

  /// Once a second, until cancelled: ends what is over, stores what is new, and reads what other nodes decided.
  func run() async {
    var hasComplained = false
    while !Task.isCancelled {
      do {
        try await exchange()
        hasComplained = false
      } catch {
        if !hasComplained, !Task.isCancelled {
          logger.warning(
            "bans are not stored now; they hold in this process", metadata: ["reason": "\(error)"])
        }
        hasComplained = true
      }
      do {
        try await Task.sleep(for: .seconds(1))
      } catch {
        return
      }
    }
  }

  /// Stores what waits, also before an order is answered.
  func exchange() async throws {
    try await load()
    for ban in state.withLock({ $0.book.expire(at: Clocks.wall()) }) {
      logger.info("a ban is over", metadata: ban.metadata)
    }
    try await save()
    try await readOthers()
  }

  private func load() async throws {
    guard state.withLock({ $0.lastRecord == nil }) else { return }
    if migrates { _ = try await database.migrate() }
    let memory = state.withLock { $0.book.rules.memory }
    let (bans, last) = try await database.read { sql in
      (try BanTable.standing(at: Clocks.wall(), memory: memory, sql), try BanTable.last(sql))
    }
    state.withLock { state in
      // What was decided before the database could be read is newer.
      let own = Set(state.unsaved.map(\.subject))
      for ban in bans where !own.contains(ban.subject) { state.book.restore(ban) }
      state.lastRecord = last
      state.edition += 1
    }
  }

  private func save() async throws {
    let changes = state.withLock { $0.unsaved }
    guard !changes.isEmpty else { return }
    _ = try await database.write { sql in try BanTable.append(changes, at: Clocks.wall(), sql) }
    state.withLock { state in
      // It may have grown, and dropped its oldest, meanwhile.
      let stored = max(0, changes.count - state.dropped)
      state.unsaved.removeFirst(min(stored, state.unsaved.count))
      state.dropped = 0
    }
  }

  private func readOthers() async throws {
    while let last = state.withLock({ $0.lastRecord }) {
      let records = try await database.read { try BanTable.records(after: last, limit: Self.batch, $0) }
      guard let newest = records.last else { return }
      state.withLock { state in
        let own = Set(state.unsaved.map(\.subject))
        for record in records where !own.contains(record.change.subject) { state.book.apply(record.change) }
        state.lastRecord = newest.number
        state.edition += 1
      }
    }
  }
}

extension BanDesk.State {
  /// - Returns: the bans that were made, which wait to be stored.
  fileprivate mutating func note(_ body: (inout BanBook) -> [Ban]) -> [Ban] {
    guard isEnabled else { return [] }
    let bans = body(&book)
    if !bans.isEmpty { keep(bans.map(BanTable.Change.banned)) }
    return bans
  }
}
