import Histogram
import Stratum

/// Sends requests that are answered one by one, in order, on each connection.
protocol ShareSender: AnyObject {
  var onAnswer: (Int) throws(BenchError) -> Void { get set }
  func submit(_ index: Int) throws(BenchError)
}

/// What a loop of requests measured.
struct LoopResult {
  var answers = 0
  var seconds = 0.0
  /// Nanoseconds from the moment a request was sent (closed loop) or due (open loop) to its answer.
  var latency = Histogram<UInt32>(
    lowestDiscernibleValue: 1000, highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
  /// Open loop: how late the load generator itself was.
  var lateness = Histogram<UInt32>(
    lowestDiscernibleValue: 1000, highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)

  var perSecond: Double { Double(answers) / seconds }
  func milliseconds(atPercentile percentile: Double) -> Double {
    Double(latency.valueAtPercentile(percentile)) / 1e6
  }
}

enum ShareLoops {
  /// Every connection sends its next request as soon as the last one is answered.
  static func closed(_ sender: any ShareSender, connections: Int, seconds: Double, poller: Poller)
    throws(BenchError) -> LoopResult
  {
    var result = LoopResult()
    var sentAt = [MonotonicTime](repeating: .zero, count: connections)
    var outstanding = 0
    let start = Clock.now
    let end = start.advanced(bySeconds: seconds)
    sender.onAnswer = { index throws(BenchError) in
      let now = Clock.now
      result.answers += 1
      outstanding -= 1
      _ = result.latency.record(now.nanoseconds - sentAt[index].nanoseconds)
      guard now < end else { return }
      sentAt[index] = now
      outstanding += 1
      try sender.submit(index)
    }
    defer { sender.onAnswer = { (_) throws(BenchError) in } }
    for index in 0..<connections {
      sentAt[index] = Clock.now
      outstanding += 1
      try sender.submit(index)
    }
    try poller.run(upTo: seconds + 30, waitingFor: "answers to \(connections) busy connections") { outstanding == 0 }
    result.seconds = Clock.now.seconds(since: start)
    return result
  }

  /// Requests are due at a fixed rate, whatever the answers do; the clock runs from when each was due.
  static func open(_ sender: any ShareSender, connections: Int, perSecond: Double, seconds: Double, poller: Poller)
    throws(BenchError) -> LoopResult
  {
    var result = LoopResult()
    var due = [[MonotonicTime]](repeating: [], count: connections)
    sender.onAnswer = { index throws(BenchError) in
      guard !due[index].isEmpty else { throw .server("an answer to nothing") }
      let first = due[index].removeFirst()
      result.answers += 1
      _ = result.latency.record(Clock.now.nanoseconds - first.nanoseconds)
    }
    defer { sender.onAnswer = { (_) throws(BenchError) in } }
    let total = Int(perSecond * seconds)
    let start = Clock.now.advanced(bySeconds: 0.01)
    for number in 0..<total {
      let time = start.advanced(bySeconds: Double(number) / perSecond)
      while Clock.now < time { try poller.turn(until: time) }
      due[number % connections].append(time)
      _ = result.lateness.record(Clock.now.nanoseconds - time.nanoseconds)
      try sender.submit(number % connections)
    }
    try poller.run(upTo: 30, waitingFor: "the answers to \(total) shares") { result.answers == total }
    result.seconds = Clock.now.seconds(since: start)
    return result
  }
}
