import Orchestrator
import Stratum
import Synchronization

/// The way in, the same for all shards: who is kept out, and how many may come how fast.
final class Entrance: Sendable {
  let gate: any Gate
  private let book: Mutex<AcceptBook>

  init(_ rules: AcceptRules, gate: any Gate) {
    self.gate = gate
    book = Mutex(AcceptBook(rules))
  }

  /// Why somebody stays outside, with what they are told beyond the reason's own sentence.
  struct Refusal: Error {
    let reason: CloseReason
    var sentence: String?
  }

  func enter(_ address: NetworkAddress, at now: MonotonicTime) throws(Refusal) -> AcceptBook.Pass {
    if let sentence = gate.refusal(of: address) { throw Refusal(reason: .banned, sentence: sentence) }
    let result = book.withLock { book in
      Result { () throws(CloseReason) in try book.enter(address, at: now) }
    }
    do throws(CloseReason) {
      return try result.get()
    } catch {
      throw Refusal(reason: error)
    }
  }

  /// One that is here already: counted, and held against no limit.
  func takeOver(_ address: NetworkAddress, at now: MonotonicTime) -> AcceptBook.Pass {
    book.withLock { $0.takeOver(address, at: now) }
  }

  /// - Returns: the pass of one that is no newcomer any more.
  func authorized(_ pass: AcceptBook.Pass) -> AcceptBook.Pass {
    book.withLock { book in
      var pass = pass
      book.authorized(&pass)
      return pass
    }
  }

  func left(_ pass: AcceptBook.Pass) { book.withLock { $0.left(pass) } }

  func use(_ rules: AcceptRules) { book.withLock { $0.rules = rules } }

  var newcomers: Int { book.withLock { $0.newcomers } }
}
