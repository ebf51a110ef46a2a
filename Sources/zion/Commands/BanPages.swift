import Pool
import Stratum

/// What an order to ban says, in the form in which it is carried out.
enum BanOrder {
  static let reasonLimit = 200

  /// Seconds, from `30m` or `24h`.
  static func seconds(_ text: String) throws(StartError) -> Int64 {
    do throws(Wrong) {
      return Int64(try Quantity.seconds(text, in: 1...315_360_000))
    } catch {
      throw StartError("--for: \(error.what); write \(error.instead)")
    }
  }

  static func reason(_ text: String) throws(StartError) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    guard (1...reasonLimit).contains(text.unicodeScalars.count), isPlain else {
      throw StartError("the reason is empty, has control characters, or is longer than \(reasonLimit) characters")
    }
    return text
  }

  /// `4 h`, `30 min`, `365 d`
  static func text(_ seconds: Int64) -> String {
    if seconds % 86_400 == 0 { return "\(seconds / 86_400) d" }
    return seconds % 3600 == 0 ? "\(seconds / 3600) h" : "\(seconds / 60) min"
  }
}

/// One ban, for people and programs.
struct BanLine: Codable {
  let subject, since: String
  /// `nil` until somebody takes it away.
  let until: String?
  let reason, by: String
  let earlier: Int
  let evidence: [ViolationTally]

  init(_ ban: Ban) {
    subject = ban.subject.description
    since = Moment.text(ban.since.seconds)
    until = ban.until.map { Moment.text($0.seconds) }
    (reason, by, earlier, evidence) = (ban.reason, ban.by, ban.earlier, ban.evidence)
  }
}

/// One entry of a subject's history.
struct BanRecordLine: Codable {
  let at: String
  /// `nil` where a ban was lifted.
  let ban: BanLine?
  let liftedBy: String?

  init(_ record: BanTable.Record) {
    at = Moment.text(record.at.seconds)
    switch record.change {
    case .banned(let made): (ban, liftedBy) = (BanLine(made), nil)
    case .lifted(_, let whom): (ban, liftedBy) = (nil, whom)
    }
  }

  var text: [String] {
    guard let ban else { return ["\(at)  lifted by \(TerminalText.printable(liftedBy ?? ""))"] }
    let end = ban.until.map { "until \($0)" } ?? "until it is lifted"
    return ["\(at)  banned by \(TerminalText.printable(ban.by)) \(end): \(TerminalText.printable(ban.reason))"]
      + ban.evidence.map { tally in
        let points = Stratum.Decimal.fixed(tally.points, decimals: 1)
        return "    \(tally.count) × \(tally.violation.words), \(points) of 100 points"
      } + (ban.earlier > 0 ? ["    after \(ban.earlier) earlier bans"] : [])
  }
}
