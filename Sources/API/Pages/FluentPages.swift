// What there is hundreds of in a miner's page writes itself; JSONStreamTests compare it with what `Encodable` makes of it.

extension SessionPage: JSONStream.Fluent {
  func write(to text: inout JSONText) throws {
    text.begin()
    text.name("accepted")
    text.integer(accepted)
    text.name("account")
    text.string(account)
    text.name("algorithm")
    text.string(algorithm.rawValue)
    text.name("connectedSeconds")
    try text.number(connectedSeconds)
    text.name("difficulty")
    try text.number(difficulty)
    text.name("followsExtranonce")
    text.bool(followsExtranonce)
    text.name("hashrate")
    try text.number(hashrate)
    text.name("hashrateText")
    text.string(hashrateText)
    text.string(ip, as: "ip")
    try text.number(lastShareSeconds, as: "lastShareSeconds")
    text.string(pool, as: "pool")
    text.string(region, as: "region")
    text.name("rejected")
    text.integer(rejected)
    try text.number(reportedHashrate, as: "reportedHashrate")
    text.name("tags")
    text.strings(tags)
    text.name("userAgent")
    text.string(userAgent)
    text.name("worker")
    text.string(worker)
    text.end()
  }
}

extension MinerPage.Worker: JSONStream.Fluent {
  func write(to text: inout JSONText) {
    text.begin()
    text.integer(lastShare, as: "lastShare")
    text.name("shares")
    text.integer(shares)
    text.name("work")
    text.string(work)
    text.name("worker")
    text.string(worker)
    text.end()
  }
}

extension ZionMiner.Minute: JSONStream.Fluent {
  func write(to text: inout JSONText) throws {
    text.begin()
    text.name("algorithm")
    text.string(algorithm.rawValue)
    text.name("difficulty")
    try text.number(difficulty)
    text.name("is_valid")
    text.bool(isValid)
    text.name("timestamp")
    text.string(timestamp)
    text.end()
  }
}

extension BlockReport: JSONStream.Fluent {
  func write(to text: inout JSONText) {
    text.begin()
    text.name("account")
    text.string(account)
    text.name("algorithm")
    text.string(algorithm.rawValue)
    text.name("foundAt")
    text.integer(foundAt)
    text.name("hash")
    text.string(hash)
    text.name("height")
    text.integer(height)
    text.string(reason, as: "reason")
    text.integer(reward, as: "reward")
    text.name("source")
    text.string(source)
    text.name("state")
    text.string(state)
    text.name("worker")
    text.string(worker)
    text.end()
  }
}

/// Values that may be absent, with their names: nothing is written then.
extension JSONText {
  fileprivate mutating func string(_ value: String?, as name: StaticString) {
    guard let value else { return }
    self.name(name)
    string(value)
  }

  fileprivate mutating func integer(_ value: Int64?, as name: StaticString) {
    guard let value else { return }
    self.name(name)
    integer(value)
  }

  fileprivate mutating func number(_ value: Double?, as name: StaticString) throws {
    guard let value else { return }
    self.name(name)
    try number(value)
  }

  fileprivate mutating func strings(_ values: [String]) {
    append("[")
    for (index, value) in values.enumerated() {
      if index > 0 { append(",") }
      string(value)
    }
    append("]")
  }
}
