import Stratum

/// Whom the blocks of each upstream pool pay, and when that becomes somebody else.
///
/// Somebody on the way to a pool can send our work to a pool of his own, under his own name. Every answer can be made to
/// look right but one: the coinbase of the jobs pays him (R. Recabarren, B. Carbunar, "Hardening Stratum", PETS 2017).
/// A pool gets another wallet now and then too. So a change is told, and nothing else is done.
public struct PayeeWatch: Sendable {
  /// Who was paid for so long without a break is expected to be paid on. Pools whose blocks pay others every time never
  /// get there.
  static let settledSeconds = 3_600.0
  /// A change is told for so long.
  static let toldSeconds = 3_600.0
  /// Payees of one source that are remembered; whoever was paid before may be paid again.
  static let knownLimit = 16

  private var standings: [String: Standing] = [:]

  private struct Standing: Sendable {
    var payee: [UInt8]
    var since: MonotonicTime
    /// Oldest first; `payee` is one of them.
    var known: [[UInt8]]
    var changeCount = 0
    var change: PayeeChange?
  }

  public init() {}

  /// A job that was not looked at before. Those without a coinbase, or with one that cannot be read, say nothing.
  public mutating func observe(_ source: String, _ job: JobSample, at now: MonotonicTime) {
    guard let work = job.work.bitcoin,
      let outputs = try? CoinbaseOutputs(work, extranonceByteCount: job.extranonceByteCount),
      let payee = outputs.payee
    else { return }
    guard var standing = standings[source] else {
      standings[source] = Standing(payee: payee, since: now, known: [payee])
      return
    }
    guard payee != standing.payee else { return }
    if !standing.known.contains(payee) {
      let seconds = now.seconds(since: standing.since)
      if seconds >= Self.settledSeconds {
        standing.changeCount += 1
        standing.change = PayeeChange(from: standing.payee, to: payee, stoodSeconds: seconds, at: now)
      }
      standing.known = standing.known.suffix(Self.knownLimit - 1) + [payee]
    }
    // The pool is back, or somebody who was told of is gone.
    if standing.change?.from == payee { standing.change = nil }
    (standing.payee, standing.since) = (payee, now)
    standings[source] = standing
  }

  /// Changes of one source since start.
  public func changeCount(of source: String) -> Int { standings[source]?.changeCount ?? 0 }

  /// One of the last hour that was not taken back.
  public func change(of source: String, at now: MonotonicTime) -> PayeeChange? {
    guard let change = standings[source]?.change, now.seconds(since: change.at) < Self.toldSeconds else { return nil }
    return change
  }
}

/// Blocks that paid one script for long pay another.
public struct PayeeChange: Sendable, Equatable {
  /// Output scripts.
  public var from: [UInt8]
  public var to: [UInt8]
  public var stoodSeconds: Double
  public var at: MonotonicTime

  public init(from: [UInt8], to: [UInt8], stoodSeconds: Double, at: MonotonicTime) {
    self.from = from
    self.to = to
    self.stoodSeconds = stoodSeconds
    self.at = at
  }
}

extension PayeeChange: CustomStringConvertible {
  /// What follows “the blocks of SOURCE”.
  public var description: String {
    let hours = Int(stoodSeconds / 3_600)
    return "pay the script \(Self.words(to)) and no longer \(Self.words(from)), which they paid for "
      + "\(hours == 1 ? "an hour" : "\(hours) hours"): ask the pool whether its wallet is another now; if it is not, "
      + "somebody on the way takes your work"
  }

  private static func words(_ script: [UInt8]) -> String {
    Hex.encode(script.prefix(40)) + (script.count > 40 ? "…" : "")
  }
}

extension CoinbaseOutputs {
  /// The script that gets most of it; of equals the first. `nil` when nobody gets anything.
  var payee: [UInt8]? {
    var best: Output?
    for output in outputs where !output.isData && output.value > (best?.value ?? .zero) { best = output }
    return best?.script
  }
}
