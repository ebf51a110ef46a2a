import NIOCore
import Orchestrator
import TestSupport

@testable import Proxy
@testable import Stratum

extension FuzzTarget {
  static let doors = [proxyHeader, firstBytes, lines]

  /// The PROXY protocol, versions 1 and 2.
  private static let proxyHeader = FuzzTarget("proxy-header", upTo: 5000) { input in
    let reading = ProxyHeader.read(input)
    for cut in cuts(of: input) {
      switch (ProxyHeader.read(Array(input[..<cut])), reading) {
      case (.partial, _): break
      case (let early, _) where early == reading: break
      // Only later bytes can tell that it is too long.
      case (let early, _):
        throw Broken("the first \(cut) bytes are \(early), and all \(input.count) are \(reading)")
      }
    }
    guard case .header(let header, let count) = reading else { return }
    try promise((1...ProxyHeader.binaryByteLimit).contains(count) && count <= input.count, "a header of \(count) bytes")
    guard let source = header.source else { return }
    try promise(NetworkAddress("\(source)") == source, "\(source) is not read back")
  }

  /// What a connection is, by its first bytes, however they are cut.
  private static let firstBytes = FuzzTarget("first-bytes", upTo: 5000) { input in
    guard let options = input.first else { return }
    let bytes = input.dropFirst()
    let whole = begin(options, [bytes])
    for cut in cuts(of: Array(bytes)) {
      let parts = begin(options, [bytes.prefix(cut), bytes.dropFirst(cut)])
      try promise(whole == parts, "whole it is \(whole), cut at \(cut) it is \(parts)")
    }
  }

  private static func begin(_ options: UInt8, _ pieces: [ArraySlice<UInt8>]) -> [FirstBytes.Step] {
    var decision = FirstBytes(
      expectsHeader: options & 1 != 0, takesTLS: options & 2 != 0, requiresTLS: options & 4 != 0)
    var steps: [FirstBytes.Step] = []
    var rest = pieces[...]
    while let piece = rest.popFirst() {
      decision.received(ByteBuffer(bytes: piece))
      reading: while true {
        switch decision.next() {
        case .wait: break reading
        case .header(let header): steps.append(.header(header))
        case .begin(let isEncrypted, var bytes):
          for piece in rest { bytes.writeBytes(piece) }
          return steps + [.begin(isEncrypted: isEncrypted, bytes)]
        case let end: return steps + [end]
        }
      }
    }
    return steps
  }

  /// The same lines, however the stream is cut.
  private static let lines = FuzzTarget("lines", upTo: 2000) { input in
    let limit = 64
    let (whole, isWhole) = split([input[...]], limit)
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    for cut in cuts(of: input) {
      pieces.append(input[start..<cut])
      start = cut
    }
    let (cut, isCut) = split(pieces + [input[start...]], limit)
    try promise(isWhole == isCut && whole == cut, "whole: \(whole), cut: \(cut)")
    try promise(whole.allSatisfy { !$0.isEmpty && $0.count <= limit && !$0.contains(10) }, "lines \(whole)")
  }

  private static func split(_ pieces: [ArraySlice<UInt8>], _ limit: Int) -> (lines: [[UInt8]], isGood: Bool) {
    var splitter = LineSplitter()
    var lines: [[UInt8]] = []
    do throws(LineSplitter.TooLong) {
      for piece in pieces {
        try splitter.feed(ByteBuffer(bytes: piece), limit: { limit }) { line in
          lines.append(line.withUnsafeBytes { Array($0) })
          return true
        }
      }
      return (lines, true)
    } catch {
      return (lines, false)
    }
  }

  /// Some places in an input, the same for the same input, in order.
  static func cuts(of input: [UInt8]) -> [Int] {
    var random = SeededRandom(seed: UInt64(input.reduce(UInt32(3)) { $0 &* 33 &+ UInt32($1) }))
    return (0..<4).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
  }
}
