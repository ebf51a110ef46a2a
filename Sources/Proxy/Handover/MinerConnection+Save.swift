import NIOCore
import Stratum

extension MinerConnection {
  /// What comes waits at the miner's end.
  func holdReading() { channel?.setOption(.autoRead, value: false).whenFailure { _ in } }

  /// TLS is in this process's memory alone, and so is what the door holds of the first bytes.
  var canBeHandedOver: Bool {
    guard let channel, channel.isActive, !isClosing, namesBeingChecked == 0, held.isEmpty else { return false }
    return door == .open || door == .waiting
  }

  /// - Returns: done when the socket has taken all that was written, or failed.
  func flushForSave() -> EventLoopFuture<Void> {
    guard let channel, !isClosing else { return shard.loop.makeSucceededVoidFuture() }
    let bound = NIOLoopBound(self, eventLoop: shard.loop)
    let sent = channel.writeAndFlush(ByteBuffer())
    sent.whenSuccess { bound.value.isFlushed = true }
    return sent
  }

  func save(isStranded: Bool) throws -> SavedMiner {
    guard let channel else { throw Descriptor.None() }
    return SavedMiner(
      number: number, socket: try Descriptor.of(channel), session: session, label: label, source: source?.name,
      home: home.map { .init(source: $0.source.name, seat: $0.seat) }, knownAs: knownAs, isMember: memberIndex != nil,
      isStranded: isStranded, isAnnounced: isAnnounced, reconnectDue: reconnectDue, conduct: conduct, brake: brake,
      praisedAt: praisedAt, declaredAddress: declaredAddress, isEncrypted: isEncrypted, isAtDoor: door == .waiting,
      rest: HexBytes(splitter.rest), lineBegan: lineBegan)
  }
}
