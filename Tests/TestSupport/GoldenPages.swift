import Foundation

/// What Miningcore and ZION document as their answers, and where each is found here.
public enum GoldenPages {
  public struct NotJSON: Error, CustomStringConvertible {
    public let description: String
  }

  /// Names of golden files, each with a path whose answer must have its shape.
  /// - Parameters:
  ///   - miner: an account with shares and payments.
  ///   - height: of a block that was found here.
  public static func all(pool: String, miner: String, height: Int) -> [(name: String, path: String)] {
    let (one, two) = ("/api/pools/\(pool)", "/api/v2/pools/\(pool)")
    return [
      ("miningcore-pool", one), ("miningcore-performance", "\(one)/performance"),
      ("miningcore-performance", "\(one)/performance?r=Month&i=Day"), ("miningcore-miners", "\(one)/miners"),
      ("miningcore-blocks", "\(one)/blocks"), ("miningcore-blocks", "/api/blocks?page=0&pageSize=15"),
      ("miningcore-payments", "\(one)/payments"), ("miningcore-miner", "\(one)/miners/\(miner)"),
      ("miningcore-miner", "\(one)/miners/\(miner)?perfMode=Month"),
      ("miningcore-miner-performance", "\(one)/miners/\(miner)/performance?mode=Hour"),
      ("miningcore-payments", "\(one)/miners/\(miner)/payments?page=0&pageSize=5"),
      ("miningcore-balancechanges", "\(one)/miners/\(miner)/balancechanges"),
      ("miningcore-earnings", "\(one)/miners/\(miner)/earnings/daily"),
      ("miningcore-settings", "\(one)/miners/\(miner)/settings"), ("miningcore-v2-blocks", "\(two)/blocks"),
      ("miningcore-v2-payments", "\(two)/payments"),
      ("miningcore-v2-payments", "\(two)/miners/\(miner)/payments"),
      ("miningcore-v2-balancechanges", "\(two)/miners/\(miner)/balancechanges"),
      ("miningcore-v2-earnings", "\(two)/miners/\(miner)/earnings/daily"), ("zion-stats", "/api/stats"),
      ("zion-miner", "/api/miner/\(miner)"), ("zion-pool", "/api/pool"), ("zion-health", "/api/health"),
      ("zion-profile", "/api/consciousness/profile/\(miner)"), ("zion-leaderboard", "/api/consciousness/leaderboard"),
      ("zion-levels", "/api/consciousness/levels"), ("zion-fees", "/api/fees"),
      ("zion-blocks", "/api/blocks?limit=10"), ("zion-block", "/block/\(height)"),
      ("zion-block", "/api/block/\(height)"),
    ]
  }

  public static func golden(_ name: String) throws -> JSON {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("CommandTests/Golden/\(name).json")
    guard let json = JSON(try Data(contentsOf: file)) else {
      throw NotJSON(description: "\(file.path) is not JSON")
    }
    return json
  }
}
