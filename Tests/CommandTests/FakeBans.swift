import API
import Orchestrator
import Stratum

/// One banned address, whoever asks.
struct FakeBans: BanView {
  struct Unreadable: Error {}

  static let address = "192.0.2.7"
  private let ban = BanPage(
    kind: .address, subject: address, since: 1_000, until: 4_600, reason: "3 disconnections within an hour",
    by: "auto", earlier: 0, evidence: [ViolationTally(violation: .invalidShare, count: 12, points: 100.5)])

  func refusal(of address: NetworkAddress) -> String? {
    address.description == Self.address ? "until 1970, for: 3 disconnections within an hour" : nil
  }

  func note(_ violation: Violation, from address: NetworkAddress, name: String?) {}

  func bans() async -> [BanPage] { [ban] }

  func explanation(of subject: String) async throws -> BanExplanation {
    guard subject == Self.address else { throw BanRefusal("“\(subject)” is nobody who can be banned", isUnknown: true) }
    return BanExplanation(
      subject: subject, isBanned: true,
      history: [.init(at: 1_000, ban: ban, liftedBy: nil), .init(at: 900, ban: nil, liftedBy: "anna")], evidence: [],
      strikes: 3)
  }

  func statistics(days: Int) async throws -> BanCounts {
    BanCounts(
      reasons: [.init(label: "invalid_share", count: 1)], networks: [.init(label: "192.0.2.0/24", count: 1)],
      days: [.init(label: "1970-01-01", count: 1)])
  }

  func ban(_ order: BanOrderPage, by whom: String) async throws(BanRefusal) -> BanPage {
    guard order.subject != "10.0.0.1" else { throw BanRefusal("10.0.0.1 is in 10.0.0.0/8, which bans.allow keeps") }
    var made = ban
    (made.subject, made.by, made.reason) = (order.subject, whom, order.reason)
    return made
  }

  func lift(_ subject: String, by whom: String) async throws(BanRefusal) -> Bool { subject == Self.address }
}
