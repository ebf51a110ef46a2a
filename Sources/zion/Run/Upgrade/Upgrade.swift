import Logging
import NIOConcurrencyHelpers
import NIOCore
import Pool
import Proxy
import UnixSignals

/// At SIGUSR2: puts the program file as it is now in the place of this process, with every miner connected.
///
/// The new program is asked first whether it can go on from here. Until then, and when it cannot, nothing has changed but
/// that miners waited (10,000 of them for some seconds).
final class Upgrade: Sendable {
  private let proxy: ProxyServer
  private let endpoint: any Channel
  private let pools: [LocalPool]
  private let image: ProcessImage
  private let logger: Logger
  private let ready = NIOLockedValueBox<Ready?>(nil)

  private struct Ready {
    let file: Int32
    let sockets: [Int32]
  }

  init(proxy: ProxyServer, endpoint: any Channel, pools: [LocalPool], image: ProcessImage, logger: Logger) {
    self.proxy = proxy
    self.endpoint = endpoint
    self.pools = pools
    self.image = image
    self.logger = logger
  }

  /// Miners are about to be handed over: nobody closes their connections.
  var isReady: Bool { ready.withLockedValue { $0 != nil } }

  /// Until there is something to hand over, or cancelled.
  func run() async throws {
    for await _ in await UnixSignalsSequence(trapping: .sigusr2) {
      logger.notice("an upgrade was asked for", metadata: ["program": "\(image.path)"])
      do {
        try await prepare()
        return
      } catch {
        logger.error("no upgrade, everything goes on as it was", metadata: ["reason": "\(error)"])
        try await proxy.wake(listener: endpoint)
      }
    }
  }

  private func prepare() async throws {
    let saved = HandOver(
      proxy: try await proxy.save(listener: endpoint),
      pools: Dictionary(uniqueKeysWithValues: pools.map { ($0.name, $0.save()) }))
    let file = try saved.write()
    do {
      try await image.check(handOver: file)
    } catch {
      HandOver.discard(file)
      throw error
    }
    logger.notice("handing over", metadata: ["miners": "\(saved.proxy.minerCount)"])
    ready.withLockedValue { $0 = Ready(file: file, sockets: saved.proxy.sockets) }
  }

  /// Becomes the new program, if there is something to hand over to it. Everything else was shut down before.
  func replaceProcess() throws {
    guard let ready = ready.withLockedValue({ $0 }) else { return }
    throw image.replace(handOver: ready.file, keeping: ready.sockets)
  }
}
