import Orchestrator

/// The fleet at a moment, with an index of its accounts: made once, for all who ask within a second or two.
struct FleetLook: Sendable {
  let fleet: FleetSnapshot
  /// Places in `fleet.miners`, by the account in lower case.
  private let places: [String: [Int]]

  init(_ fleet: FleetSnapshot) {
    self.fleet = fleet
    var places: [String: [Int]] = [:]
    // Most miners have the account of one before them: few names need another case.
    var written: [String: String] = [:]
    for index in fleet.miners.indices {
      let account = fleet.miners[index].identity.account
      let name = written[account] ?? account.lowercased()
      written[account] = name
      places[name, default: []].append(index)
    }
    self.places = places
  }

  /// Those of one account, in whatever case it is written.
  func miners(of account: String) -> [MinerSnapshot] {
    (places[account.lowercased()] ?? []).map { fleet.miners[$0] }
  }
}
