import Synchronization

/// Miners' samples of pieces of time that are over, written out. Fifty workers' month is 1,500 rows and 100 KB of JSON,
/// of which the last piece alone changes.
///
/// They hold as long as the account has as many shares in those pieces as it had: a share that comes late, from a
/// journal or from another node, changes that number.
final class SampleShelf: Sendable {
  struct Name: Hashable {
    let pool: String
    let address: String
    /// Length of a piece.
    let seconds: Int64
  }

  /// Of which pieces, by their starts; seconds since 1970.
  struct Span: Equatable {
    let range: Range<Int64>
    /// The account's, in all of them.
    let shares: Int
  }

  private struct Kept {
    let span: Span
    let samples: [Miningcore.WorkerSample]
    let bytes: Int
    var used: UInt64
  }

  private struct State {
    var kept: [Name: Kept] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let byteLimit: Int
  private let state = Mutex(State())

  /// - Parameter byteLimit: of text; beyond, what was not asked for the longest goes.
  init(byteLimit: Int = 64 << 20) { self.byteLimit = byteLimit }

  func samples(_ name: Name, of span: Span) -> [Miningcore.WorkerSample]? {
    state.withLock { state in
      guard state.kept[name]?.span == span else { return nil }
      state.uses += 1
      state.kept[name]?.used = state.uses
      return state.kept[name]?.samples
    }
  }

  func keep(_ samples: [Miningcore.WorkerSample], _ name: Name, of span: Span) {
    let bytes = samples.reduce(0) { $0 + ($1.written?.count ?? 0) }
    guard bytes <= byteLimit else { return }
    state.withLock { state in
      if let old = state.kept.removeValue(forKey: name) { state.bytes -= old.bytes }
      while state.bytes + bytes > byteLimit, let eldest = state.kept.min(by: { $0.value.used < $1.value.used }) {
        state.bytes -= eldest.value.bytes
        state.kept[eldest.key] = nil
      }
      state.uses += 1
      state.kept[name] = Kept(span: span, samples: samples, bytes: bytes, used: state.uses)
      state.bytes += bytes
    }
  }
}
