import Stratum

/// What `zion top` knows and has been told: keys, readings and sizes in, a screen out.
struct TopState {
  enum Key: Equatable {
    case quit, nextOrder, reverse, up, down, pageUp, pageDown, top, pause
  }

  enum Event {
    case key(Key)
    case reading(Result<FleetReading, APIClient.Failure>)
    case resized(TerminalSize)
  }

  /// What the shell has to do.
  enum Action: Equatable {
    case draw, end
  }

  /// Newest last; as many as the widest terminal could show.
  static let historyLimit = 500

  let api: String
  var size: TerminalSize
  var reading: FleetReading?
  /// Why the newest question was not answered.
  var trouble: String?
  var order = WorkerOrder.hashrate
  var isReversed = false
  /// Keeps what is shown as it is.
  var isPaused = false
  /// Workers that are scrolled past.
  var offset = 0
  /// Hashes per second, one for each reading.
  var history: [Double] = []

  init(api: String, size: TerminalSize) {
    self.api = api
    self.size = size
  }

  mutating func handle(_ event: Event) -> Action {
    switch event {
    case .resized(let size): self.size = size
    case .reading(.success(let reading)):
      trouble = nil
      guard !isPaused else { return .draw }
      self.reading = reading
      history.append(reading.stats.hashrate)
      if history.count > Self.historyLimit { history.removeFirst(history.count - Self.historyLimit) }
    case .reading(.failure(let failure)): trouble = failure.description
    case .key(let key): return handle(key)
    }
    return .draw
  }

  private mutating func handle(_ key: Key) -> Action {
    let page = max(1, size.rows / 2)
    switch key {
    case .quit: return .end
    case .nextOrder:
      order = order.next
      offset = 0
    case .reverse: isReversed.toggle()
    case .up: offset -= 1
    case .down: offset += 1
    case .pageUp: offset -= page
    case .pageDown: offset += page
    case .top: offset = 0
    case .pause: isPaused.toggle()
    }
    offset = min(max(0, offset), max(0, workers.count - 1))
    return .draw
  }

  /// In the order that was asked for.
  var workers: [WorkerLine] {
    guard let reading else { return [] }
    let sorted = WorkerLine.all(reading.miners.sessions, staleAfter: 600).sorted(by: order.isBefore)
    return isReversed ? sorted.reversed() : sorted
  }
}

/// In characters.
struct TerminalSize: Equatable {
  var columns: Int
  var rows: Int
}

/// Bytes from a keyboard, over however many reads.
struct KeyReader {
  private var escape: [UInt8] = []

  /// The keys that are complete now. What means nothing is left out.
  mutating func read(_ bytes: some Sequence<UInt8>) -> [TopState.Key] {
    bytes.compactMap { read($0) }
  }

  private mutating func read(_ byte: UInt8) -> TopState.Key? {
    if !escape.isEmpty { return continued(byte) }
    switch byte {
    case UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4: return .quit
    case UInt8(ascii: "s"), UInt8(ascii: "S"): return .nextOrder
    case UInt8(ascii: "r"), UInt8(ascii: "R"): return .reverse
    case UInt8(ascii: "k"): return .up
    case UInt8(ascii: "j"): return .down
    case UInt8(ascii: "g"): return .top
    case UInt8(ascii: "p"): return .pause
    case UInt8(ascii: " "): return .pageDown
    case UInt8(ascii: "b"): return .pageUp
    case 27:
      escape = [27]
      return nil
    default: return nil
    }
  }

  /// `ESC [ A` and `ESC O A` are arrows, `ESC [ 5 ~` is a page key.
  private mutating func continued(_ byte: UInt8) -> TopState.Key? {
    escape.append(byte)
    switch escape.count {
    case 2 where byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O"): return nil
    case 2:
      // It was the Escape key, and then another.
      escape = []
      return read(byte)
    case 3...8 where (48...59).contains(byte): return nil
    default: break
    }
    defer { escape = [] }
    switch String(decoding: escape.dropFirst(2), as: UTF8.self) {
    case "A": return .up
    case "B": return .down
    case "H", "1~": return .top
    case "5~": return .pageUp
    case "6~": return .pageDown
    default: return nil
    }
  }
}
