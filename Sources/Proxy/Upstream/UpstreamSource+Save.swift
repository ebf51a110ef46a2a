import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import Stratum

/// A connection to a pool between two process images.
struct SavedLink: Codable {
  struct Notice: Codable {
    var job: JobNotice
    var target: Target
  }

  var number: Int
  var session: UpstreamSession
  var partitions: [ExtranoncePartition]
  var replaced: [FeedID]
  var worksByJobID: [String: Work]
  var inFlight: [UInt64: UpstreamLink.Submitted]
  var appliesTargetAtOnce: Bool
  var target: Target?
  var position: Work.Content.Position?
  var notice: Notice?
  var openedAt: MonotonicTime
  var endpoint: UpstreamConfiguration.Endpoint
  var rest: HexBytes
}

extension UpstreamSource {
  private struct Saved: Codable {
    var user: String
    /// Each with the socket at its place in `SavedSource.sockets`.
    var links: [SavedLink]
    var seen: SeenShares
    var nextLink: Int
    var nextKey: UInt64
    var resumed: String?
    var latestBlock: Work.Content.Position?
  }

  public func pause() {
    isPaused = true
    for link in links { link.holdReading() }
  }

  public func resume() {
    isPaused = false
    for link in links { link.goOnReading() }
    openLinkIfNone()
    readinessMayHaveChanged()
  }

  // Connections that are not working yet are opened anew, and so are those under TLS, whose keys are in this process's
  // memory alone.
  public func save() throws -> SavedSource? {
    var saved = Saved(
      user: configuration.user, links: [], seen: seen, nextLink: nextLink, nextKey: nextKey, resumed: resumed,
      latestBlock: latestBlock)
    var sockets: [Int32] = []
    for link in links {
      guard let (kept, socket) = try link.save() else { continue }
      saved.links.append(kept)
      sockets.append(socket)
    }
    return SavedSource(state: String(decoding: try JSONEncoder().encode(saved), as: UTF8.self), sockets: sockets)
  }

  public func restore(_ saved: SavedSource) throws {
    let sockets = saved.sockets
    let saved = try JSONDecoder().decode(Saved.self, from: Data(saved.state.utf8))
    (seen, nextLink, nextKey) = (saved.seen, saved.nextLink, saved.nextKey)
    (resumed, latestBlock) = (saved.resumed, saved.latestBlock)
    isPaused = true
    for (kept, socket) in zip(saved.links, sockets) {
      guard saved.user == configuration.user, configuration.endpoints.contains(kept.endpoint) else {
        // Another account, or another pool by the same name.
        close(socket)
        continue
      }
      let link = UpstreamLink(kept, owner: self, clock: clock)
      links.append(link)
      let bound = NIOLoopBound((self, link), eventLoop: loop)
      connector.takeOver(socket, on: loop, handler: NIOLoopBound(link, eventLoop: loop)).whenFailure { error in
        let (source, link) = bound.value
        source.linkClosed(link, because: "could not be taken over: \(error)")
      }
    }
  }
}

extension UpstreamLink {
  func holdReading() { channel?.setOption(.autoRead, value: false).whenFailure { _ in } }

  func goOnReading() {
    channel?.setOption(.autoRead, value: true).whenFailure { _ in }
    channel?.read()
  }

  func save() throws -> (SavedLink, socket: Int32)? {
    guard isReady, let endpoint, !endpoint.usesTLS, let channel, channel.isActive,
      try channel.syncOptions?.getOption(.bufferedWritableBytes) == 0
    else { return nil }
    let saved = SavedLink(
      number: number, session: session, partitions: partitions, replaced: replaced, worksByJobID: worksByJobID,
      inFlight: inFlight, appliesTargetAtOnce: appliesTargetAtOnce, target: target, position: position,
      notice: notice.map { .init(job: $0.0, target: $0.1) }, openedAt: openedAt, endpoint: endpoint,
      rest: HexBytes(splitter.rest))
    return (saved, try Descriptor.of(channel))
  }
}
