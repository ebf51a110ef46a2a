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

  private static func kept(_ over: Range<Int64> = 0..<3600, shares: Int = 1) throws -> SampleShelf.Kept {
    SampleShelf.Kept(over: over, shares: shares, samples: try samples("now"))
  }

  @Test func `pieces that are over are found by whose they are, until another is over`() throws {
    let shelf = SampleShelf()
    shelf.keep(try Self.kept(0..<7200, shares: 5), Self.name("a"))
    #expect(shelf.find(Self.name("a"), over: 0..<7200)?.shares == 5)
    #expect(shelf.find(Self.name("b"), over: 0..<7200) == nil)
    #expect(shelf.find(Self.name("a"), over: 3600..<10800) == nil)
    shelf.keep(try Self.kept(0..<7200, shares: 6), Self.name("a"))
    #expect(shelf.find(Self.name("a"), over: 0..<7200)?.shares == 6)
  }

  @Test func `beyond its bytes, what was not asked for the longest goes`() throws {
    let bytes = try Self.samples("now").reduce(0) { $0 + ($1.written?.count ?? 0) }
    let shelf = SampleShelf(byteLimit: 2 * bytes)
    for address in ["a", "b"] { shelf.keep(try Self.kept(), Self.name(address)) }
    #expect(shelf.find(Self.name("a"), over: 0..<3600) != nil)
    shelf.keep(try Self.kept(), Self.name("c"))
    #expect(["a", "b", "c"].map { shelf.find(Self.name($0), over: 0..<3600) != nil } == [true, false, true])
    let large = SampleShelf(byteLimit: bytes - 1)
    large.keep(try Self.kept(), Self.name("a"))
    #expect(large.find(Self.name("a"), over: 0..<3600) == nil)
  }

  @Test func `what was written out reads as what was not`() throws {
    let written = try Self.samples("now")
    let plain = [Miningcore.WorkerSample(created: "now", workers: written[0].workers)]
    #expect(try JSONStream.bytes(of: written) == JSONStream.bytes(of: plain))
  }
}
