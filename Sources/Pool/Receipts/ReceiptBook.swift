import Foundation
import Glibc
import Hashing
import Logging
import Stratum
import Synchronization

/// Keeps what was acknowledged, and signs a statement of every period: who runs this proxy can leave out no share later
/// without its miner seeing it, and every upstream pool can be held to what it was sent.
///
/// Lines reach the disk within some seconds; a power cut may cost the last of them.
public actor ReceiptBook {
  public struct Settings: Sendable, Equatable {
    /// Of one statement.
    public var periodSeconds: Int64 = 3600
    /// Lists of shares are kept so long, statements for longer.
    public var keepSeconds: Int64 = 86_400

    public init() {}
  }

  /// Receipts that wait to be written; beyond, they are lost, and that is said.
  static let pendingLimit = 1_000_000
  static let statementsKept: Int64 = 400 * 86_400

  public nonisolated let publicKey: Ed25519PublicKey
  private nonisolated let pending = Mutex((receipts: [ShareReceipt](), lost: 0))
  private let key: Ed25519PrivateKey
  private let folder: ReceiptFolder
  private let settings: Settings
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> UnixTime
  private let log: Logger

  private var current: Current?
  /// SHA-256 of the newest statement.
  private var previous = ReceiptDigest.empty
  private var isOpen = false
  private var hasComplained = false

  private struct Current {
    let from: Int64
    let until: Int64
    let file: ReceiptFile
    var period: ReceiptPeriod
  }

  /// - Parameter directory: made if it is not there; its parent must be.
  public init(
    directory: String, settings: Settings = Settings(), clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> UnixTime, log: Logger
  ) throws {
    folder = try ReceiptFolder(directory)
    key = try folder.key()
    publicKey = key.publicKey
    self.settings = settings
    self.clock = clock
    self.now = now
    self.log = log
  }

  public nonisolated var sink: ReceiptSink {
    ReceiptSink { [self] receipts in
      pending.withLock { pending in
        let room = max(0, Self.pendingLimit - pending.receipts.count)
        pending.receipts += receipts.prefix(room)
        pending.lost += max(0, receipts.count - room)
      }
    }
  }

  /// Runs until its task is cancelled.
  public func run() async {
    log.info("share receipts are signed", metadata: ["public_key": "\(Hex.encode(publicKey.bytes))"])
    while !Task.isCancelled {
      advance()
      do {
        try await clock.sleep(for: .seconds(1))
      } catch {
        return
      }
    }
  }

  /// Writes what waits, and ends the period when it is over.
  public func advance() {
    let (receipts, lost) = pending.withLock { pending in
      defer { pending = ([], 0) }
      return pending
    }
    if lost > 0 { log.error("share receipts were lost: the disk is too slow", metadata: ["count": "\(lost)"]) }
    do throws(ReceiptError) {
      try open()
      let now = Int64(now().seconds)
      if let current, !(current.from..<current.until).contains(now) { try end(current) }
      guard !receipts.isEmpty else { return }
      if self.current == nil { self.current = try begin(at: now) }
      guard var current = self.current else { return }
      for receipt in receipts {
        let (names, share) = try current.file.append(receipt)
        current.period.add(share, of: names.account)
      }
      try current.file.flush()
      self.current = current
      hasComplained = false
    } catch {
      // Read again from what is on the disk, the next time.
      (current, isOpen) = (nil, false)
      guard !hasComplained else { return }
      hasComplained = true
      log.error("share receipts are not complete: miners cannot check this period", metadata: ["reason": "\(error)"])
    }
  }

  /// Writes the last that came, when nothing more can come. The period goes on with the next start.
  public func close() {
    advance()
    do throws(ReceiptError) {
      try current?.file.sync()
    } catch {
      log.warning("the last share receipts may be lost", metadata: ["reason": "\(error)"])
    }
    current = nil
  }

  /// What an earlier process left without a statement gets one.
  private func open() throws(ReceiptError) {
    guard !isOpen else { return }
    let now = Int64(now().seconds)
    let signed = try folder.starts(of: .signed)
    if let newest = signed.max(), let known = try folder.statement(from: newest) {
      previous = sha256(Array(known.statement.text.utf8))
    }
    for start in try folder.starts(of: .shares) where !signed.contains(start) {
      let left = try begin(at: start)
      if now < left.until, now >= left.from { current = left } else { try end(left) }
    }
    isOpen = true
  }

  private func begin(at time: Int64) throws(ReceiptError) -> Current {
    let from = time - time % settings.periodSeconds
    var period = ReceiptPeriod()
    let file = try ReceiptFile(folder.path(from, .shares)) { names, share in period.add(share, of: names.account) }
    return Current(from: from, until: from + settings.periodSeconds, file: file, period: period)
  }

  private func end(_ current: Current) throws(ReceiptError) {
    self.current = nil
    try current.file.sync()
    let statement = current.period.statement(from: current.from, until: current.until, after: previous)
    let text = statement.text
    let signed = SignedReceipts(statement: statement, signature: key.signature(of: Array(text.utf8)))
    try folder.write(current.period.leaves, from: current.from)
    try folder.write(signed)
    previous = sha256(Array(text.utf8))
    let now = Int64(now().seconds)
    try folder.remove([.shares, .leaves], before: now - settings.keepSeconds - settings.periodSeconds)
    try folder.remove([.signed], before: now - Self.statementsKept)
  }

  // MARK: questions

  /// Newest first.
  public nonisolated func statements(limit: Int) throws(ReceiptError) -> [SignedReceipts] {
    var found: [SignedReceipts] = []
    for start in try folder.starts(of: .signed).sorted(by: >).prefix(limit) {
      if let signed = try folder.statement(from: start) { found.append(signed) }
    }
    return found
  }

  private let reader = ReceiptReader()

  /// An account's shares of the period that began then; `nil` when it is not over, not kept any more, or has none.
  public nonisolated func receipts(of account: String, from start: Int64) async throws(ReceiptError) -> AccountReceipts?
  {
    try await reader.receipts(of: account, from: start, in: folder)
  }
}

/// Reads one list at a time: each takes a look at a whole period.
private actor ReceiptReader {
  func receipts(
    of account: String, from start: Int64, in folder: ReceiptFolder
  ) throws(ReceiptError) -> AccountReceipts? {
    guard let signed = try folder.statement(from: start), let leaves = try folder.leaves(from: start),
      let index = leaves.firstIndex(where: { $0.account == account })
    else { return nil }
    var shares: [AccountReceipts.Share] = []
    try ReceiptFile.read(folder.path(start, .shares)) { line, _, names in
      if case .share(let share) = line, names?.account == account { shares.append(share) }
    }
    return AccountReceipts(
      signed: signed, account: account, shares: shares, path: ReceiptDigest.path(to: index, of: leaves.map(\.leaf)))
  }
}
