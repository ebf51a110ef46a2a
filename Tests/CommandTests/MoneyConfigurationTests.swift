import Foundation
import Pool
import Stratum
import Testing

@testable import zion

@Suite struct MoneyConfigurationTests {
  private static let node = """
    local:
      node: bitcoin
      address: abc
      bitcoin: { urls: ["http://u:p@127.0.0.1:8332"] }

    """

  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: "conf/farm.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  private func parse(_ text: String) throws -> LocalPoolOptions {
    try ConfigurationFile.parse(text, path: "conf/farm.yaml").local
  }

  @Test func `the embedded chain has ZION's bonus and no payouts, a Bitcoin node the other way round`() throws {
    let embedded = try parse("")
    #expect(embedded.coin == .zion)
    #expect(embedded.rewards.rules.bonusPerBlock == AtomicUnits(1_569_634_703))
    #expect(embedded.rewards.bonusFund == AtomicUnits(8_250_000_000_000_000))
    #expect(!embedded.payouts.isEnabled)
    let bitcoin = try parse(Self.node)
    #expect(bitcoin.coin == .bitcoin)
    #expect(bitcoin.rewards.rules.bonusPerBlock == .zero)
    #expect(bitcoin.rewards.bonusFund == .zero)
    #expect(bitcoin.payouts.isEnabled)
    #expect(bitcoin.payouts.threshold == AtomicUnits(500_000))
  }

  @Test func `every option of money is read`() throws {
    let local = try parse(
      Self.node + """
          coin: { symbol: RVN, decimals: 8 }
          rewards:
            scheme: prop
            window: 2.5
            short_window: pool
            eco: { scrypt: 1.2345 }
            bonus: 0.5
            bonus_fund: 100
            pps_fee: 3.5
            consciousness_keys: [oracle.pub]
          payouts:
            enabled: true
            interval: 10m
            threshold: 2
            minimum: 0.25
            outputs: 7
            network_fee: miners
            maximum_fee: 0.001
            confirmations: 12
            wallet: sendmany
            approval: { above: 5, keys: [a.pub, /b.pub, c.pub], required: 2 }
        """)
    #expect(local.coin == Coin(symbol: "RVN", decimals: 8))
    #expect(local.rewards.rules.scheme == .prop)
    #expect(local.rewards.rules.windowHundredths == 250)
    #expect(local.rewards.rules.shortWindow == .pool)
    #expect(local.rewards.rules.eco.basisPoints(for: .scrypt) == 12_345)
    #expect(local.rewards.rules.bonusPerBlock == AtomicUnits(50_000_000))
    #expect(local.rewards.bonusFund == AtomicUnits(10_000_000_000))
    #expect(local.rewards.ppsFeeBasisPoints == 350)
    #expect(local.rewards.credentialKeys == ["conf/oracle.pub"])
    var payouts = PayoutOptions()
    payouts.isEnabled = true
    payouts.intervalSeconds = 600
    payouts.threshold = AtomicUnits(200_000_000)
    payouts.minimum = AtomicUnits(25_000_000)
    payouts.outputLimit = 7
    payouts.feePayer = .miners
    payouts.maximumFee = AtomicUnits(100_000)
    payouts.confirmations = 12
    payouts.wallet = .sendmany
    payouts.approval = ApprovalOptions(
      above: AtomicUnits(500_000_000), keys: ["conf/a.pub", "/b.pub", "conf/c.pub"], required: 2)
    #expect(local.payouts == payouts)
  }

  @Test func `mistakes about money are named with their place and their cure`() {
    #expect(
      problems("local:\n  payouts: { enabled: true }\n")
        == [
          "conf/farm.yaml:2: local.payouts.enabled: the embedded chain carries no transfers; write false, or use node: bitcoin"
        ])
    #expect(
      problems(
        Self.node + """
            rewards: { window: 2.005, eco: { scryptt: 1, kawpow: 20 }, bonus: -1 }
            payouts: { threshold: 0, approval: { required: 3, keys: [a.pub] } }
          """)
        == [
          "conf/farm.yaml:5: local.rewards.window: “2.005” is not a number of that kind; write 0.1 to 1000000, such as 2",
          "conf/farm.yaml:5: local.rewards.eco.kawpow: “20” is not a number of that kind; write 0.1 to 10, such as 1.25",
          "conf/farm.yaml:5: local.rewards.eco.scryptt: “scryptt” is no algorithm; write "
            + Algorithm.allCases.map(\.rawValue).joined(separator: ", "),
          "conf/farm.yaml:5: local.rewards.bonus: “-1” is not an amount of BTC; write a number with at most 8 digits "
            + "behind the point",
          "conf/farm.yaml:6: local.payouts.threshold: 0 is not above 0.00000000; write a larger amount",
          "conf/farm.yaml:6: local.payouts.approval.required: 3 is out of range; write 1 to 1",
        ])
  }
}
