import Stratum
import TestSupport
import Testing

@testable import Pool

/// Which shares count for a block, and how far.
struct PPLNSWindowTests {
  private func share(_ account: String, _ work: UInt128, _ algorithm: Algorithm = .sha256d) -> WindowWork {
    WindowWork(account: account, algorithm: algorithm, work: ShareWork(hashes: work))
  }

  private func window(_ length: UInt128, _ networkWork: [Algorithm: ShareWork] = [.sha256d: .zero]) -> PPLNSWindow {
    PPLNSWindow(length: length, rates: ExchangeRates(networkWork: networkWork))
  }

  @Test func `a window is its factor times the work of a block`() throws {
    let rates = ExchangeRates(networkWork: [.sha256d: ShareWork(hashes: 1001)])
    for (hundredths, length) in [(200, 2002), (150, 1501), (1, 10), (0, 1)] as [(UInt32, UInt128)] {
      let window = try PPLNSWindow(
        ofBlockWith: .sha256d, networkWork: ShareWork(hashes: 1001), hundredths: hundredths, rates: rates)
      #expect(window.length == length)
    }
  }

  @Test func `the share that crosses the far end counts as far as the end, and nothing after it`() throws {
    var window = window(100)
    #expect(try window.take(share: share("b", 60)) == .more)
    #expect(window.fill == WindowFill(measured: 60, length: 100))
    #expect(window.fill.missing == 40)
    #expect(try window.take(share: share("a", 70)) == .full)
    #expect(try window.take(share: share("c", 5)) == .full)
    #expect(try window.take(page: [share("c", 5)]) == .full)
    #expect(window.works == [share("a", 40), share("b", 60)])
    #expect(window.fill.missing == 0)
  }

  @Test func `a share that ends exactly at the end fills the window`() throws {
    var window = window(100)
    #expect(try window.take(share: share("b", 100)) == .full)
    #expect(window.works == [share("b", 100)])
  }

  @Test func `a page is taken whole or not at all`() throws {
    var window = window(100)
    #expect(try window.take(page: [share("a", 30), share("b", 30)]) == .more)
    #expect(try window.take(page: [share("a", 20), share("b", 21)]) == .descend)
    #expect(window.measured == 60)
    // Whoever asks for an older page instead of the shares of this one would leave a hole.
    #expect(try window.take(page: [share("a", 1)]) == .descend)
    #expect(try window.take(share: share("b", 21)) == .more)
    #expect(try window.take(share: share("a", 20)) == .full)
    #expect(window.works == [share("a", 49), share("b", 51)])

    var exact = self.window(100)
    #expect(try exact.take(page: [share("a", 30), share("b", 70)]) == .full)
  }

  @Test func `algorithms are compared by what the network asks of each`() throws {
    let networkWork: [Algorithm: ShareWork] = [
      .sha256d: ShareWork(hashes: 1 << 70), .scrypt: ShareWork(hashes: 1 << 40),
    ]
    let rates = ExchangeRates(networkWork: networkWork)
    #expect(try rates.rate(of: .sha256d) == 1 << 26)
    #expect(try rates.rate(of: .scrypt) == 1 << 56)
    var window = try PPLNSWindow(
      ofBlockWith: .scrypt, networkWork: ShareWork(hashes: 1 << 40), hundredths: 200, rates: rates)
    #expect(window.length == 1 << 97)
    // One block's worth of either, and half a block of what comes before.
    #expect(try window.take(share: share("a", 1 << 70)) == .more)
    #expect(try window.take(share: share("b", 1 << 39, .scrypt)) == .more)
    #expect(try window.take(share: share("c", 1 << 41, .scrypt)) == .full)
    #expect(window.works.last == share("c", 1 << 39, .scrypt))
  }

  @Test func `a share of which not one hash fits ends the window and leaves no trace`() throws {
    let networkWork: [Algorithm: ShareWork] = [
      .sha256d: ShareWork(hashes: 1 << 70), .scrypt: ShareWork(hashes: 1 << 40),
    ]
    var window = window((10 << 26) + 5, networkWork)
    #expect(try window.take(share: share("a", 10)) == .more)
    #expect(try window.take(share: share("b", 1)) == .full)
    #expect(window.works == [share("a", 10)])
    #expect(window.measured == 10 << 26)
    #expect(window.fill.missing == 0)
  }

  @Test func `one algorithm alone has the rate 1, and no rate is below 1`() throws {
    #expect(try ExchangeRates(networkWork: [.scrypt: ShareWork(hashes: 5)]).rate(of: .scrypt) == 1)
    let rates = ExchangeRates(networkWork: [.scrypt: ShareWork(hashes: .max), .kawpow: .zero])
    #expect(try rates.rate(of: .scrypt) == 1)
    #expect(try rates.rate(of: .kawpow) == 1 << 96)
  }

  @Test func `work whose network nobody knows is an error that says so`() throws {
    var window = window(100)
    #expect(throws: ExchangeError.unknownNetworkWork(.kawpow)) { try window.take(share: share("a", 1, .kawpow)) }
    #expect(throws: ExchangeError.unknownNetworkWork(.kawpow)) { try window.take(page: [share("a", 1, .kawpow)]) }
    #expect("\(ExchangeError.unknownNetworkWork(.kawpow))".contains("kawpow"))
  }

  @Test func `sums at their limit are never taken for what they are not`() throws {
    var window = window(.max)
    #expect(try window.take(page: [share("a", .max)]) == .descend)
    #expect(try window.take(share: share("a", .max - 5)) == .more)
    #expect(try window.take(share: share("b", .max)) == .full)
    #expect(window.works == [share("a", .max - 5), share("b", 5)])
    let rates = ExchangeRates(networkWork: [.sha256d: ShareWork(hashes: .max)])
    let longest = try PPLNSWindow(
      ofBlockWith: .sha256d, networkWork: ShareWork(hashes: .max), hundredths: .max, rates: rates)
    #expect(longest.length == .max)
  }

  @Test func `pages and raw shares give the same window to the unit`() throws {
    var descents = 0
    var pages = 0
    for seed in 0..<2000 as Range<UInt64> {
      let example = RewardCase(seed: seed)
      let raw = try example.window()
      var paged = try example.emptyWindow()
      var random = SeededRandom(seed: seed ^ 0xffff)
      var rest = example.shares[...]
      while !rest.isEmpty, !paged.isFull {
        let page = rest.prefix(Int.random(in: 1...9, using: &random))
        rest = rest.dropFirst(page.count)
        // Sums come from a database, which has an order of its own.
        let sums = WorkTally(page).works.shuffled(using: &random)
        pages += 1
        guard try paged.take(page: sums) == .descend else { continue }
        descents += 1
        for share in page { if try paged.take(share: share) == .full { break } }
      }
      #expect(paged.works == raw.works, "seed \(seed)")
      #expect(paged.measured == raw.measured, "seed \(seed)")
      #expect(paged.fill == raw.fill, "seed \(seed)")
    }
    #expect(descents > 500)
    #expect(pages > 2 * descents)
  }

  @Test func `the sum is the length, less at most what one hash of the last algorithm measures`() throws {
    var full = 0
    for seed in 0..<2000 as Range<UInt64> {
      let example = RewardCase(seed: seed)
      let window = try example.window()
      var sum: UInt128 = 0
      for item in window.works { sum += try item.work.hashes * example.rates.rate(of: item.algorithm) }
      #expect(sum == window.measured)
      guard window.isFull else { continue }
      full += 1
      let coarsest = try example.networkWork.keys.map { try example.rates.rate(of: $0) }.max() ?? 1
      #expect(window.length - window.measured < coarsest, "seed \(seed)")
      if example.networkWork.count == 1 { #expect(window.measured == window.length) }
    }
    #expect(full > 500)
  }
}
