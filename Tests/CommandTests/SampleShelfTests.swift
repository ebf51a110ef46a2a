import Testing

@testable import API

@Suite struct SampleShelfTests {
  private static func name(_ address: String) -> SampleShelf.Name {
    .init(pool: "zion", address: address, seconds: 3600)
  }

  private static func samples(_ created: String) throws -> [Miningcore.WorkerSample] {
    var sample = Miningcore.WorkerSample(created: created, workers: ["rig": .init(hashrate: 1, sharesPerSecond: 2)])
    try sample.writeOut()
    return [sample]
  }

  @Test func `pieces that are over are shown again until the account has other shares in them, or time goes on`() throws
  {
    let shelf = SampleShelf()
    let span = SampleShelf.Span(range: 0..<7200, shares: 5)
    shelf.keep(try Self.samples("kept"), Self.name("a"), of: span)
    #expect(shelf.samples(Self.name("a"), of: span)?.map(\.created) == ["kept"])
    #expect(shelf.samples(Self.name("b"), of: span) == nil)
    #expect(shelf.samples(Self.name("a"), of: .init(range: 0..<7200, shares: 6)) == nil, "a share that came late")
    #expect(shelf.samples(Self.name("a"), of: .init(range: 3600..<10800, shares: 5)) == nil, "an hour later")
  }

  @Test func `beyond its bytes, what was not asked for the longest goes`() throws {
    let bytes = try Self.samples("now").reduce(0) { $0 + ($1.written?.count ?? 0) }
    let shelf = SampleShelf(byteLimit: 2 * bytes)
    let span = SampleShelf.Span(range: 0..<3600, shares: 1)
    for address in ["a", "b"] { shelf.keep(try Self.samples("now"), Self.name(address), of: span) }
    #expect(shelf.samples(Self.name("a"), of: span) != nil)
    shelf.keep(try Self.samples("now"), Self.name("c"), of: span)
    #expect(["a", "b", "c"].map { shelf.samples(Self.name($0), of: span) != nil } == [true, false, true])
    let large = SampleShelf(byteLimit: bytes - 1)
    large.keep(try Self.samples("now"), Self.name("a"), of: span)
    #expect(large.samples(Self.name("a"), of: span) == nil)
  }

  @Test func `what was written out reads as what was not`() throws {
    let written = try Self.samples("now")
    let plain = [Miningcore.WorkerSample(created: "now", workers: written[0].workers)]
    #expect(try JSONStream.bytes(of: written) == JSONStream.bytes(of: plain))
  }
}
