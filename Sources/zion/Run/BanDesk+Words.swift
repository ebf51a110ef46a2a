import Logging
import Pool
import Stratum

extension BanDesk.State {
  /// To be stored. Connections are looked through again.
  mutating func keep(_ changes: [BanTable.Change]) {
    edition += 1
    unsaved += changes
    let over = unsaved.count - BanDesk.unsavedLimit
    guard over > 0 else { return }
    unsaved.removeFirst(over)
    dropped += over
  }
}

extension Ban {
  var metadata: Logger.Metadata {
    [
      "subject": "\(subject)", "reason": "\(reason)", "until": "\(until.map { Moment.text($0.seconds) } ?? "for ever")",
      "by": "\(by)",
      "earlier": "\(earlier)",
    ]
  }
}

extension BanEvent {
  /// Without the address: everybody may listen.
  init(_ ban: Ban) {
    let (subject, name): (Subject, String?) =
      switch ban.subject {
      case .address: (.address, nil)
      case .network: (.network, nil)
      case .name(let name, _): (.name, name.split(separator: ".", maxSplits: 1).first.map(String.init))
      }
    self.init(subject: subject, address: name, reason: ban.reason, until: ban.until.map { Int64($0.seconds) })
  }
}
