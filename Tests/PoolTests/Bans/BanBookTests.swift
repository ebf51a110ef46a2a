import Orchestrator
import Pool
import Stratum
import Testing

@Suite("Who is banned")
struct BanBookTests {
  let evidence = [ViolationTally(violation: .invalidShare, count: 10, points: 100)]
  let flooder = NetworkAddress(ipv4: 0xc000_0207)

  private func moment(_ seconds: Double = 0) -> BanMoment {
    BanMoment(
      monotonic: MonotonicTime(nanoseconds: 1_000_000_000_000).advanced(bySeconds: seconds),
      wall: UnixTime(seconds: 1_700_000_000).advanced(by: Int64(seconds)))
  }

  private func strike(
    _ book: inout BanBook, _ name: String? = "bad.rig", from address: NetworkAddress? = nil, at seconds: Double = 0
  ) -> [Ban] {
    book.disconnected(name, from: address ?? flooder, for: evidence, at: moment(seconds))
  }

  @Test("the third disconnection within an hour bans an address for an hour, and says why")
  func thirdStrike() throws {
    var book = BanBook(BanRules())
    #expect(strike(&book).isEmpty)
    #expect(strike(&book, at: 100).isEmpty)
    #expect(book.refusal(of: flooder, at: moment(150).wall) == nil)
    let ban = try #require(strike(&book, at: 200).first)
    #expect(ban.subject == .address(flooder))
    #expect(ban.until == moment(3800).wall)
    #expect(ban.reason == "3 disconnections within an hour: 10 × invalid share")
    #expect(ban.evidence == evidence)
    #expect(book.refusal(of: flooder, at: moment(3799).wall) == ban)
    #expect(book.refusal(of: flooder, at: moment(3800).wall) == nil)
  }

  @Test("three disconnections over two hours do not")
  func slowStrikes() {
    var book = BanBook(BanRules())
    for seconds in [0.0, 3500, 7200] { #expect(strike(&book, at: seconds).isEmpty) }
  }

  @Test
  func `attack 16, ban weaponisation: a bad neighbour among 199 is banned by name, and they go on, and newcomers come`()
  {
    var book = BanBook(BanRules())
    for miner in 0..<199 { book.accepted("farm.rig\(miner)", from: flooder, at: moment()) }
    for second in 1...2 { #expect(strike(&book, at: Double(second)).isEmpty) }
    #expect(strike(&book, at: 3).map(\.subject) == [.name("bad.rig", at: flooder)])
    let now = moment(4).wall
    #expect(book.refusal(of: flooder, at: now) == nil)
    #expect(book.refusal(of: "bad.rig", at: flooder, now: now) != nil)
    #expect(book.refusal(of: "farm.rig7", at: flooder, now: now) == nil)
    #expect(book.refusal(of: "bad.rig", at: NetworkAddress(ipv4: 1), now: now) == nil)
  }

  @Test("who had shares accepted himself is no neighbour of himself")
  func onlyHimself() {
    var book = BanBook(BanRules())
    book.accepted("bad.rig", from: flooder, at: moment())
    #expect(strike(&book).isEmpty)
    #expect(strike(&book).isEmpty)
    #expect(strike(&book).map(\.subject) == [.address(flooder)])
  }

  @Test("good miners of long ago protect an address no more")
  func longAgo() {
    var book = BanBook(BanRules())
    book.accepted("farm.rig", from: flooder, at: moment())
    for seconds in [601.0, 602] { #expect(strike(&book, at: seconds).isEmpty) }
    #expect(strike(&book, at: 603).map(\.subject) == [.address(flooder)])
  }

  @Test("bans grow from an hour to a year, and start anew after thirty days of peace")
  func growing() {
    var book = BanBook(BanRules())
    var at = 0.0
    var lengths: [Int64] = []
    for _ in 0..<9 {
      let made = (0..<3).flatMap { _ in strike(&book, at: at) }
      let length = made.first.flatMap { ban in ban.until.map { Int64($0.seconds) - Int64(ban.since.seconds) } } ?? 0
      lengths.append(length / 3600)
      at += Double(length) + 10
      _ = book.expire(at: moment(at).wall)
    }
    #expect(lengths == [1, 4, 16, 64, 256, 1024, 4096, 8760, 8760])
    at += 31 * 86_400
    _ = book.expire(at: moment(at).wall)
    let anew = (0..<3).flatMap { _ in strike(&book, at: at) }
    #expect(anew.map(\.earlier) == [0])
  }

  @Test("eight banned addresses ban their network, unless somebody mines well there")
  func network() {
    for isGood in [false, true] {
      var book = BanBook(BanRules())
      let neighbour = NetworkAddress(ipv4: 0xc000_02ff)
      if isGood { book.accepted("farm.rig", from: neighbour, at: moment()) }
      var made: [Ban] = []
      for host in 0..<8 {
        for _ in 0..<3 { made = strike(&book, from: NetworkAddress(ipv4: 0xc000_0200 + UInt32(host))) }
      }
      #expect(made.contains { $0.subject == .network(neighbour.network) } == !isGood)
      #expect((book.refusal(of: neighbour, at: moment(1).wall) == nil) == isGood)
    }
  }

  @Test("fifty-one connections at once that come to nothing ban an address where nobody mines, and no other")
  func fruitless() {
    var book = BanBook(BanRules())
    let farm = NetworkAddress(ipv4: 0xc633_6401)
    book.accepted("farm.rig", from: farm, at: moment())
    var made: [Ban] = []
    for attempt in 0..<51 {
      made += book.note(.fruitlessConnection, from: flooder, at: moment(Double(attempt) / 1000))
      made += book.note(.fruitlessConnection, from: farm, at: moment(Double(attempt) / 1000))
    }
    #expect(made.map(\.subject) == [.address(flooder)])
    #expect(made.first?.reason.hasSuffix("51 × fruitless connection") == true)
  }

  @Test("a farm that mines loses all its connections at once, again and again, and is not banned")
  func flappingFarm() {
    var book = BanBook(BanRules())
    book.accepted("farm.rig", from: flooder, at: moment())
    for index in 0..<1000 {
      let made = book.note(.fruitlessConnection, from: flooder, name: "farm.rig", at: moment(Double(index) / 100))
      #expect(made.isEmpty)
    }
    #expect(book.refusal(of: flooder, at: moment(20).wall) == nil)
  }

  @Test("ten thousand connections that end with a ban make it no longer")
  func crowd() {
    var book = BanBook(BanRules())
    var made: [Ban] = []
    for _ in 0..<10_000 { made += book.note(.fruitlessConnection, from: flooder, name: "farm.rig", at: moment()) }
    #expect(made.map(\.subject) == [.address(flooder)])
    #expect(book.bans[.address(flooder)]?.until == moment(3600).wall)
  }

  @Test("who is on the list of the allowed is never banned, whatever he does or an operator says")
  func allowed() {
    var rules = BanRules()
    rules.allowed = [NetworkRange(containing: flooder, prefix: 24)]
    var book = BanBook(rules)
    for _ in 0..<10 { #expect(strike(&book).isEmpty) }
    for _ in 0..<200 { #expect(book.note(.fruitlessConnection, from: flooder, at: moment()).isEmpty) }
    _ = book.add(.address(flooder), until: nil, reason: "test", by: "operator", at: moment().wall)
    #expect(book.refusal(of: flooder, at: moment().wall) == nil)
  }

  @Test("an operator bans a network for good, and takes it away again")
  func orders() {
    var book = BanBook(BanRules())
    let network = NetworkRange(containing: flooder, prefix: 20)
    let ban = book.add(.network(network), until: nil, reason: "abuse", by: "anna", at: moment().wall)
    #expect(book.refusal(of: flooder, at: moment(1e9).wall) == ban)
    #expect(book.expire(at: moment(1e9).wall).isEmpty)
    #expect(book.remove(.network(network)) == ban)
    #expect(book.refusal(of: flooder, at: moment().wall) == nil)
    #expect(book.remove(.network(network)) == nil)
  }

  @Test("what was stored holds after a restart, and the next ban is longer")
  func restart() {
    var book = BanBook(BanRules())
    let made = (0..<3).flatMap { _ in strike(&book) }
    var next = BanBook(BanRules(), bans: made)
    #expect(next.refusal(of: flooder, at: moment(1).wall) == made.first)
    _ = next.expire(at: moment(3600).wall)
    let again = (0..<3).flatMap { _ in strike(&next, at: 3700) }
    #expect(again.map(\.earlier) == [1])
  }

  @Test("it remembers no more addresses than it may, and forgets the quietest first")
  func bounded() {
    var rules = BanRules()
    rules.addressLimit = 100
    var book = BanBook(rules)
    let busy = NetworkAddress(ipv4: 1)
    _ = strike(&book, from: busy)
    for host in 0..<1000 {
      _ = book.note(
        .fruitlessConnection, from: NetworkAddress(ipv4: 1000 + UInt32(host)), at: moment(Double(host) / 10))
      book.accepted("farm.rig", from: busy, at: moment(Double(host) / 10))
    }
    #expect(book.addressCount <= 100)
    #expect(book.hasGoodMiners(busy, at: moment(100)))
  }

  @Test("subjects are read as they are written", arguments: ["192.0.2.7", "192.0.2.0/24", "2001:db8::/64", "a.b@::1"])
  func subjects(_ text: String) { #expect(BanSubject(text)?.description == text) }

  @Test("what is no subject is none", arguments: ["", "192.0.2", "a@b", "192.0.2.0/33", "host.example", "@::1"])
  func noSubjects(_ text: String) { #expect(BanSubject(text) == nil) }
}
