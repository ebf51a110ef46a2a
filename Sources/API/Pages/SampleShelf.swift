import Synchronization

/// Miners' samples of pieces of time that are over, written out. Fifty workers' month is 1,500 rows and 100 KB of JSON,
/// of which the last piece alone changes.
///
/// They hold as long as the account has as many shares in those pieces as it had (`PieceQuestion.known`): a share that
/// comes late, from a journal or from another node, changes that number.
final class SampleShelf: Sendable {
  struct Name: Hashable {
    let pool: String
    let address: String
    /// Length of a piece.
    let seconds: Int64
  }

  struct Kept: Sendable {
    /// Of which pieces, by their starts; seconds since 1970.
    let over: Range<Int64>
    /// The account's, in all of them.
    let shares: Int
    let samples: [Miningcore.WorkerSample]

    fileprivate var bytes: Int { samples.reduce(0) { $0 + ($1.written?.count ?? 0) } }
  }

  private struct State {
    var kept: [Name: (kept: Kept, bytes: Int, used: UInt64)] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let byteLimit: Int
  private let state = Mutex(State())

  /// - Parameter byteLimit: of text; beyond, what was not asked for the longest goes.
  init(byteLimit: Int = 64 << 20) { self.byteLimit = byteLimit }

  func find(_ name: Name, over: Range<Int64>) -> Kept? {
    state.withLock { state in
      guard let found = state.kept[name]?.kept, found.over == over else { return nil }
      state.uses += 1
      state.kept[name]?.used = state.uses
      return found
    }
  }

  func keep(_ new: Kept, _ name: Name) {
    let bytes = new.bytes
    guard bytes <= byteLimit else { return }
    state.withLock { state in
      if let old = state.kept.removeValue(forKey: name) { state.bytes -= old.bytes }
      while state.bytes + bytes > byteLimit, let eldest = state.kept.min(by: { $0.value.used < $1.value.used }) {
        state.bytes -= eldest.value.bytes
        state.kept[eldest.key] = nil
      }
      state.uses += 1
      state.kept[name] = (new, bytes, state.uses)
      state.bytes += bytes
    }
  }
}
