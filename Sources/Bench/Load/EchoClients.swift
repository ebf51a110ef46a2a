import Stratum

/// The same connections and the same request bytes as `Miners`, for a server that answers every line.
final class EchoClients: CrowdListener, ShareSender {
  var onAnswer: (Int) throws(BenchError) -> Void = { (_) throws(BenchError) in }
  private(set) var connectedCount = 0
  private(set) var answers = 0
  private var lines: [SubmitLine]
  private let poller: Poller
  private var crowd: Crowd?
  private var nonce: UInt32 = 0

  init(count: Int, port: UInt16, userName: String, poller: Poller) {
    self.poller = poller
    lines = (0..<count).map { index in
      SubmitLine(user: "\(userName).w\(index)", job: "00000001", extranonce2: "00000000", nTime: "6922a1b0")
    }
    crowd = Crowd(count: count, port: port, poller: poller, listener: self)
  }

  var count: Int { lines.count }

  func connectAll(atOnce: Int = 1000) throws(BenchError) {
    for start in stride(from: 0, to: count, by: atOnce) {
      let end = min(start + atOnce, count)
      for i in start..<end { try crowd?.open(i) }
      try poller.run(upTo: 30, waitingFor: "\(count) connections") { connectedCount == end }
    }
  }

  func leave() {
    crowd?.closeAll()
    crowd = nil
  }

  func connected(_ index: Int) throws(BenchError) { connectedCount += 1 }

  func submit(_ index: Int) throws(BenchError) {
    nonce &+= 0x9e37_79b9
    try crowd?.send(lines[index].with(nonce), by: index)
  }

  func received(_ line: UnsafeRawBufferPointer, by index: Int) throws(BenchError) {
    answers += 1
    try onAnswer(index)
  }
}
