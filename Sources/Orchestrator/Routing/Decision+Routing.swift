extension Decision {
  /// The same figures, without a move.
  mutating func stay(at source: String?, because why: String) {
    guard to != source else { return }
    overruledBecause = why
    reason = "\(why); else: \(reason)"
    to = source
    expectedGain = 0
  }

  /// No revenue names a source that may be chosen: the group goes where it can.
  mutating func escape(to refuge: String?, losing source: String?) {
    let lost = source.map { "\($0) is lost" } ?? "no source yet"
    let why = refuge.map { "emergency: \(lost), \($0) takes the work" } ?? "emergency: \(lost), and no source is ready"
    overruledBecause = why
    reason = why
    to = refuge
  }
}
