import NIOCore

/// Cuts a byte stream into lines at `\n`, without copying a line that came whole.
struct LineSplitter {
  struct TooLong: Error {}

  /// The beginning of a line whose end has not come; `nil` nearly always, so that an idle connection keeps no buffer.
  private var partial: ByteBuffer?
  /// Whether the end of a line is awaited.
  var awaitsEnd: Bool { partial != nil }

  /// The bytes of that line.
  var rest: [UInt8] { partial.map { Array($0.readableBytesView) } ?? [] }

  /// `rest` is the beginning of a line.
  init(rest: [UInt8] = []) { partial = rest.isEmpty ? nil : ByteBuffer(bytes: rest) }

  /// Calls `body` with each whole line (no `\n`; a `\r` before it dropped; empty lines skipped), until it says stop.
  /// - Throws: `TooLong` when a line, whole or not, is longer than `limit` says at that moment.
  mutating func feed(
    _ bytes: ByteBuffer, limit: () -> Int, body: (RawSpan) -> Bool
  ) throws(TooLong) {
    var buffer = bytes
    if var earlier = partial {
      partial = nil
      earlier.writeBuffer(&buffer)
      buffer = earlier
    }
    while let length = Self.lineLength(in: buffer) {
      guard length <= limit() else { throw TooLong() }
      var end = length
      if end > 0, buffer.getInteger(at: buffer.readerIndex + end - 1, as: UInt8.self) == 13 { end -= 1 }
      let goesOn = end == 0 || body(buffer.readableBytesSpan.extracting(0..<end))
      buffer.moveReaderIndex(forwardBy: length + 1)
      guard goesOn else { return }
    }
    guard buffer.readableBytes <= limit() else { throw TooLong() }
    if buffer.readableBytes > 0 {
      // A copy of its own, lest a few bytes keep a whole receive buffer alive.
      partial = ByteBuffer(bytes: buffer.readableBytesView)
    }
  }

  private static func lineLength(in buffer: ByteBuffer) -> Int? {
    buffer.readableBytesView.firstIndex(of: 10).map { $0 - buffer.readerIndex }
  }
}
