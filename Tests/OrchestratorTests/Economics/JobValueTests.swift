import Orchestrator
import Stratum
import Testing

@Suite struct JobValueTests {
  private func sample(_ line: String, extranonce: Int, reward: AtomicUnits? = nil) throws -> JobSample {
    JobSample(work: try KnownJobs.work(line), extranonceByteCount: extranonce, reward: reward, at: .zero)
  }

  private func value(
    _ sample: JobSample, _ terms: RewardTerms = RewardTerms(), fee: Double = 0
  ) -> Result<JobValue, JobValue.Trouble> {
    do throws(JobValue.Trouble) {
      return .success(try JobValue(sample, terms: terms, fee: fee))
    } catch {
      return .failure(error)
    }
  }

  private func isNear(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) <= abs(b) * 1e-12 } ?? false }

  @Test func `a Bitcoin job is worth its reward over its expected hashes`() throws {
    let value = try value(sample(KnownJobs.bitcoin, extranonce: 12)).get()
    #expect(value.blockReward == 3.76249087)
    // 2^256 ÷ (0x034219 × 2^160 + 1), by hand.
    #expect(isNear(value.hashesPerBlock, 3.710_416_969_791_66e23))
    #expect(isNear(value.coinsPerHash, 3.76249087 / 3.710_416_969_791_66e23))
  }

  @Test func `the first description of Stratum pays 50 coins for 25,708,568,002 hashes`() throws {
    let value = try value(sample(KnownJobs.slush, extranonce: 8)).get()
    #expect(value.blockReward == 50 && value.hashesPerBlock == 25_708_568_002)
  }

  @Test func `fee and addends change what a hash earns, not what a block pays`() throws {
    let job = try sample(KnownJobs.slush, extranonce: 8)
    let terms = RewardTerms(addends: [
      .init(name: "NMC", amount: .fraction(0.02)), .init(name: "RSK", amount: .coins(0.5)),
    ])
    let value = try value(job, terms, fee: 0.01).get()
    #expect(value.blockReward == 50)
    #expect(isNear(value.coinsPerHash, (50 + 1 + 0.5) / 25_708_568_002 * 0.99))
  }

  @Test func `a configured reward stands for the job's own, also where that is malformed`() throws {
    let job = try sample(KnownJobs.slush, extranonce: 3)
    #expect(value(job) != value(job, RewardTerms(blockReward: 25)))
    #expect(try value(job, RewardTerms(blockReward: 25)).get().blockReward == 25)
    #expect(throws: JobValue.Trouble.self) { try value(job).get() }
  }

  @Test func `a KawPow job needs a configured reward, and says so`() throws {
    let work = Work(KawPowWork(headerHash: .zero, seedHash: .zero, height: 3_000_000), nBits: 0x1b00_ec12)
    let job = JobSample(work: work, extranonceByteCount: 0, at: .zero)
    #expect(value(job) == .failure(.rewardUnknown))
    #expect("\(JobValue.Trouble.rewardUnknown)".contains("set block_reward"))
    #expect(try value(job, RewardTerms(blockReward: 2_500)).get().blockReward == 2_500)
  }

  @Test func `the local pool's own figure needs no coinbase, and has its own decimals`() throws {
    let job = try sample(KnownJobs.slush, extranonce: 0, reward: AtomicUnits(44_500_000))
    #expect(try value(job, RewardTerms(decimals: 6)).get().blockReward == 44.5)
  }

  @Test(arguments: [0, 0x1d80_0001, 0xff12_3456, 0x0100_0000] as [UInt32])
  func `nBits that are no target give no value`(nBits: UInt32) {
    let work = Work(KawPowWork(headerHash: .zero, seedHash: .zero, height: 1), nBits: nBits)
    let job = JobSample(work: work, extranonceByteCount: 0, at: .zero)
    #expect(value(job, RewardTerms(blockReward: 1)) == .failure(.malformedTarget(nBits)))
  }

  @Test func `snapshots get economics from the newest job, and words where it has none`() throws {
    var economics = FleetEconomics(pools: [
      "alpha": PoolTerms(traits: SourceTraits(coin: "BTC", region: "eu", tags: ["big"], fee: 0.02))
    ])
    var alpha = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    alpha.observed.newestJob = try sample(KnownJobs.slush, extranonce: 8)
    alpha.jobAgeSeconds = 3
    economics.observe([alpha], at: .zero)
    let prices = PriceBook(coins: ["BTC": PriceOptions(.fixed(100))])
    economics.fill(&alpha, prices: prices, at: .zero.advanced(bySeconds: 3))
    #expect(alpha.traits.region == "eu" && alpha.traits.tags == ["big"])
    let coins = 50 / 25_708_568_002.0 * 0.98
    #expect(isNear(alpha.economics?.coinsPerHash, coins) && isNear(alpha.economics?.currencyPerHash, coins * 100))
    #expect(alpha.economics?.confidence == 1 && alpha.economics?.ageSeconds == 3 && alpha.economics?.trouble == nil)

    var unpriced = alpha
    economics.fill(&unpriced, prices: PriceBook(), at: .zero)
    #expect(unpriced.economics?.currencyPerHash == nil)
    #expect(unpriced.economics?.trouble == "no price of BTC is configured; set prices.BTC")

    var broken = SourceSnapshot(name: "beta", kind: .upstream, algorithm: .sha256d)
    broken.observed.newestJob = try sample(KnownJobs.slush, extranonce: 7)
    economics.observe([broken], at: .zero)
    economics.fill(&broken, prices: prices, at: .zero)
    #expect(broken.economics == nil && broken.economicsTrouble?.contains("coinbase") == true)
  }

  @Test func `an old job is trusted less and less`() throws {
    var economics = FleetEconomics(pools: [:])
    var alpha = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    alpha.observed.newestJob = try sample(KnownJobs.slush, extranonce: 8)
    economics.observe([alpha], at: .zero)
    let confidences = [0.0, 600, 1_200, 4_200, 40_000].map { age -> Double in
      var copy = alpha
      copy.jobAgeSeconds = age
      economics.fill(&copy, prices: PriceBook(), at: .zero)
      return copy.economics?.confidence ?? -1
    }
    #expect(confidences[0] == 1 && confidences[1] == 1 && confidences[3] == 0.5)
    #expect(confidences == confidences.sorted(by: >) && (confidences.last ?? 1) < 0.01)
  }
}
