import Logging
import Orchestrator

extension Shard {
  /// Says once an hour and network that somebody mines in the clear over the Internet: whoever is between can take the
  /// hashrate away, and neither the miner nor we would see it.
  func noticePlain(_ connection: MinerConnection) {
    guard connection.isEncrypted == false, let address = connection.remoteAddress,
      NetworkAddress(ofSocket: address)?.isPublic == true,
      configuration.door.notices.isNews(.plainMiner, about: address, at: now())
    else { return }
    logger.warning(
      "a miner is connected in the clear over a public network",
      metadata: [
        "address": "\(address)", "worker": "\(connection.session.identity?.user ?? "")",
        "remedy": configuration.door.tls == nil
          ? "set listen.tls, and write stratum+ssl:// at the miner" : "write stratum+ssl:// at the miner",
      ])
  }
}
