import Encryption
import NIOCore
import Stratum

/// Decides what a connection is by its first bytes: behind a proxy, TLS, or plain. A value that is told what came.
///
/// What it holds is bounded: behind a proxy by the longest header, from everybody else by the 12 bytes that tell.
struct FirstBytes {
  /// What is known now.
  enum Step: Equatable {
    /// More bytes tell.
    case wait
    /// Where the client is; ask again.
    case header(ProxyHeader)
    /// All that came behind a header belongs to the connection.
    case begin(isEncrypted: Bool, ByteBuffer)
    case refused(CloseReason)
    /// From a proxy that must send a header: with the reason.
    case headerRefused(String)
  }

  private let takesTLS: Bool
  private let requiresTLS: Bool
  private var expectsHeader: Bool
  private var held = ByteBuffer()

  init(expectsHeader: Bool, takesTLS: Bool, requiresTLS: Bool) {
    self.expectsHeader = expectsHeader
    self.takesTLS = takesTLS
    self.requiresTLS = requiresTLS
  }

  var isExpectingHeader: Bool { expectsHeader }

  mutating func received(_ bytes: ByteBuffer) {
    if held.readableBytes == 0 {
      held = bytes
    } else {
      var bytes = bytes
      held.writeBuffer(&bytes)
    }
  }

  mutating func next() -> Step {
    if expectsHeader { return readHeader() }
    guard let first = held.getInteger(at: held.readerIndex, as: UInt8.self) else { return .wait }
    if first == ServerTLS.firstByte {
      return takesTLS ? .begin(isEncrypted: true, held) : .refused(.noTLSHere)
    }
    switch ProxyHeader.begins(Array(held.readableBytesView.prefix(12))) {
    case true: return .refused(.unexpectedProxyHeader)
    case nil: return .wait
    default: return requiresTLS ? .refused(.needsTLS) : .begin(isEncrypted: false, held)
    }
  }

  private mutating func readHeader() -> Step {
    switch ProxyHeader.read(Array(held.readableBytesView.prefix(ProxyHeader.binaryByteLimit))) {
    case .partial: return .wait
    case .none: return .headerRefused("it sends none")
    case .malformed(let reason): return .headerRefused(reason)
    case .header(let header, let count):
      expectsHeader = false
      held.moveReaderIndex(forwardBy: count)
      return .header(header)
    }
  }
}
