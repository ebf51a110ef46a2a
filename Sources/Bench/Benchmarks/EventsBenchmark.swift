import Stratum

/// From an event to those who listen: the server's own HTTP part with thousands of WebSockets, of which one reads
/// nothing, beside a bare NIO program that broadcasts messages of the same length.
enum EventsBenchmark {
  /// Of them fewer when `--connections` says so.
  private static let listeners = 5_000
  private static let everyMilliseconds = 200

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    let count = min(listeners, options.connections)
    var ours: [Times] = []
    var bare: [Times] = []
    for round in 1...max(1, min(options.rounds, 5)) {
      options.progress("events: round \(round), \(count) listeners of the server's HTTP part")
      let own = try measure(
        options, count, path: "/api/events?types=policy_reloaded",
        arguments: ["bench", "events-server", "--every", "\(everyMilliseconds)"])
      options.progress("events: round \(round), the same \(own.bytes) bytes from the bare NIO program")
      ours.append(own)
      bare.append(
        try measure(
          options, count, path: "/",
          arguments: ["bench", "baseline", "websocket", "--bytes", "\(own.bytes)", "--every", "\(everyMilliseconds)"]))
    }
    func finding(_ name: String, _ part: (Times) -> Double, aim: Finding.Aim?) -> Finding {
      Finding(
        "event to \(count) listeners beside one that reads nothing, \(name)", unit: "ms",
        ours: Median.of(ours.map(part)) * 1000, baseline: Median.of(bare.map(part)) * 1000, aim: aim, judged: .ratio)
    }
    return [
      finding("p50", { $0.p50 }, aim: nil), finding("p99", { $0.p99 }, aim: .atMost(2)),
    ]
  }

  private struct Times {
    let p50: Double
    let p99: Double
    let bytes: Int
  }

  private static func measure(
    _ options: BenchOptions, _ count: Int, path: String, arguments: [String]
  ) throws(BenchError) -> Times {
    let poller = try Poller()
    defer { poller.dismiss() }
    let folder = try BenchFolder(in: options.directory)
    let port = try Loopback.freePort()
    let process = try ChildProcess(
      name: arguments.prefix(3).joined(separator: " "), executable: options.executable,
      arguments: arguments + ["--port", "\(port)"], logPath: folder.path + "/log")
    try process.waitUntilListening(on: port)
    let listeners = EventListeners(count: count, port: port, path: path, poller: poller)
    defer { listeners.leave() }
    try listeners.connectAll()
    // The first messages find the loops still busy with handshakes.
    try poller.run(for: 1)
    listeners.isTiming = true
    try poller.run(for: options.seconds)
    listeners.isTiming = false
    try process.check()
    let times = listeners.times.sorted()
    let due = Int(options.seconds * 1000) / everyMilliseconds * count
    guard times.count >= due * 3 / 4 else {
      throw .server("\(times.count) messages came, and about \(due) were due")
    }
    return Times(
      p50: times[times.count / 2], p99: times[times.count * 99 / 100], bytes: listeners.messageBytes)
  }
}
