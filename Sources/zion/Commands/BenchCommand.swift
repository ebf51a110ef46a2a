import ArgumentParser
import Bench
import Glibc

/// `zion bench`: measures this binary on this machine.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure this binary on this machine, against bare NIO programs in the same run.",
    discussion: """
      Server, baseline and load generator run in processes of their own, on loopback. Every share is real: found by
      hashing, and hashed again by the server. Ratios are steadier than absolute numbers; compare those.
      """,
    subcommands: [
      All.self, Connections.self, Fanout.self, Shares.self, OpenLoop.self, Flood.self, Events.self, Receipts.self,
      API.self, Siege.self, Upgrade.self,
      Journal.self, Ingest.self, Split.self, Decide.self, Hash.self, Baseline.self, FloodSource.self,
      EventsSource.self, SplitWorker.self, APIYearFill.self, SiegeSource.self,
    ],
    defaultSubcommand: All.self)

  struct All: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "all", abstract: "Everything, one table.")
    @OptionGroup var amount: BenchAmount

    func run() async throws {
      var parts: [BenchAmount.Part] = Benchmark.allCases.map { benchmark in { try benchmark.run($0) } }
      parts.append { try await JournalBenchmark.run($0) }
      parts.append { try DecideBenchmark.run($0) }
      try await amount.report(parts)
    }
  }

  struct Connections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "connections", abstract: "Memory of a connected miner, and logins per second.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.connections.run($0) }]) }
  }

  struct Fanout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fanout", abstract: "Time from an upstream's new block to the last miner.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.fanout.run($0) }]) }
  }

  struct Shares: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "shares", abstract: "Shares per second, reply times and processor time, 200 busy miners.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.shares.run($0) }]) }
  }

  struct OpenLoop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "openloop", abstract: "Reply times at a fixed 2,000 shares/s, from when each was due.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.openloop.run($0) }]) }
  }

  struct Flood: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "flood", abstract: "Reply times of sha256d miners while one connection floods KawPow shares.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.flood.run($0) }]) }
  }

  struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "events", abstract: "Time from an event to 5,000 WebSocket listeners, of which one reads nothing.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.events.run($0) }]) }
  }

  struct Receipts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "receipts", abstract: "Shares of a proxy that signs lists of them beside one that does not.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try Benchmark.receipts.run($0) }]) }
  }

  /// What they listen to; started by the benchmark.
  struct EventsSource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "events-server", shouldDisplay: false)

    @Option var port: Int
    @Option var loops = 2
    @Option var every = 200

    func run() async throws {
      _ = Machine()
      try await EventsServer.run(port: port, loops: loops, everyMilliseconds: every)
    }
  }

  struct Journal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "journal", abstract: "Acknowledged shares per second against raw append and fdatasync.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try await JournalBenchmark.run($0) }]) }
  }

  struct Decide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decide", abstract: "What a look at 50 sources and 10,000 miners costs the orchestrator.")
    @OptionGroup var amount: BenchAmount
    func run() async throws { try await amount.report([{ try DecideBenchmark.run($0) }]) }
  }

  struct Split: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "split", abstract: "The PPLNS split of a window of 5 million shares: seconds and peak memory.")
    @OptionGroup var amount: BenchAmount
    @Option(help: "postgres://… of a database that may be filled; default is a SQLite file in --directory.")
    var database: String?
    @Option(help: "Shares in the database, of which the window has 99 of 100.")
    var shares: Int64 = 5_000_000
    @Option(help: "Addresses that mined them.")
    var addresses = 10_000

    func validate() throws {
      guard shares > 0, addresses > 0 else { throw ValidationError("--shares and --addresses must be above 0") }
    }

    func run() async throws {
      let split = SplitBenchmark(
        database: database, shareCount: shares, addresses: addresses, executable: BenchOptions().executable)
      try await amount.report([{ try await split.run($0) }])
    }
  }

  /// One way of the split; started by the benchmark.
  struct SplitWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "split-worker", shouldDisplay: false)

    @Argument var way: SplitBenchmark.Way
    @Option var database: String
    @Option var shares: Int64
    @Option var addresses: Int

    func run() async throws {
      try await SplitBenchmark.work(way, database: database, shareCount: shares, addresses: addresses)
    }
  }

  struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ingest", abstract: "Shares per second from a journal into PostgreSQL, against psql \\copy.")
    @OptionGroup var amount: BenchAmount
    @Option(help: "postgres://USER@HOST:PORT/NAME of a server; databases of its own are made there and dropped.")
    var database: String

    func run() async throws { try await amount.report([{ try await IngestBenchmark(url: database).run($0) }]) }
  }

  struct Hash: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "hash", abstract: "Hashes per second and times of one, each kernel beside the best C for it.",
      discussion: """
        One process and one core for both sides of a pair; --seconds is ten turns of each. The C sources are compiled \
        by cc, or CC, when this starts.
        """)
    @OptionGroup var amount: BenchAmount
    @Option(help: "Folder of the C sources to compare with.")
    var references = HashBenchmark.References().directory
    @Option(help: "Library made by Tests/tools/fetch-kawpow-reference.sh, to compare KawPow with too.")
    var kawpowPackage: String?
    @Option(help: "Height whose epoch decides how large KawPow's cache is.")
    var kawpowHeight = HashBenchmark.References().kawPowHeight

    func run() async throws {
      var references = HashBenchmark.References()
      references.directory = self.references
      references.kawPowPackage = kawpowPackage
      references.kawPowHeight = kawpowHeight
      try await amount.report([{ [references] in try HashBenchmark.run($0, references) }])
    }
  }

  /// The connection that floods; started by the benchmark.
  struct FloodSource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "flood-source", shouldDisplay: false)

    @Argument var kind: KawPowFlood.Kind
    @Option var port: UInt16
    @Option var user: String

    func run() async throws { try KawPowFlood.run(kind, port: port, user: user) }
  }

  /// The programs that the product is compared with; started by the benchmarks.
  struct Baseline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "baseline", shouldDisplay: false)

    enum Program: String, ExpressibleByArgument { case echo, fanout, websocket }

    @Argument var program: Program
    @Option var port: Int
    @Option var loops = 2
    @Option var bytes = 1024
    @Option var every = 200

    func run() async throws {
      _ = Machine()
      switch program {
      case .echo: try await EchoBaseline.run(port: port, loops: loops)
      case .fanout: try await FanoutBaseline.run(port: port, loops: loops, bytes: bytes)
      case .websocket:
        try await WebSocketBaseline.run(port: port, loops: loops, bytes: bytes, everyMilliseconds: every)
      }
    }
  }
}

/// How much is measured, and where the result goes.
struct BenchAmount: ParsableArguments {
  @Option(help: "Miners for memory, logins and fan-out; default what fits, at most 10,000.")
  var connections: Int?
  @Option(help: "Seconds of one timed round.")
  var seconds = 3.0
  @Option(help: "Paired rounds, of which the median counts.")
  var rounds = 5
  @Flag(help: "A tenth of the work, to see that everything runs; the numbers mean little.")
  var quick = false
  @Option(help: "Also write the findings to this file as JSON.")
  var json: String?
  @Option(help: "Folder for the data of the server under test; its disk decides what a journal can do.")
  var directory = "/tmp"

  func validate() throws {
    guard seconds > 0, seconds <= 600 else { throw ValidationError("--seconds must be above 0 and at most 600") }
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be 1 to 100") }
    guard connections.map({ $0 > 0 }) ?? true else { throw ValidationError("--connections must be above 0") }
  }

  typealias Part = (BenchOptions) async throws -> [Finding]

  /// Runs `parts`, prints their table, and writes the JSON; what was found before a failure is not lost.
  func report(_ parts: [Part]) async throws {
    let machine = Machine()
    var options = BenchOptions()
    options.connections = connections ?? min(10_000, machine.connectionLimit)
    options.seconds = seconds
    options.rounds = rounds
    options.directory = directory
    if quick {
      options.connections = min(options.connections, 1000)
      options.seconds = min(seconds, 0.5)
      options.rounds = 1
    }
    options.progress = { line in fputsLine(line) }
    fputsLine(machine.description)
    try options.check(machine)
    // What it has started is in sessions of its own, where no Ctrl-C comes.
    let interrupts = Interrupts.each { number in
      ChildProcess.stopAll()
      _exit(128 + number)
    }
    defer { for interrupt in interrupts { interrupt.cancel() } }
    var report = Report(machine: machine)
    var failure: (any Error)?
    do {
      for part in parts { report.findings += try await part(options) }
    } catch {
      failure = error
    }
    print("\n\(machine.description)\n\n\(report.table)")
    if let json { try write(report.json, to: json) }
    if let failure { throw failure }
  }

  private func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw ValidationError("--json \(path): \(String(cString: strerror(errno))); name a file that can be written")
    }
    defer { fclose(file) }
    fputs(text, file)
  }
}

/// Progress goes to standard error, so that standard output is the table alone.
private func fputsLine(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = Glibc.write(2, bytes, bytes.count)
}

extension KawPowFlood.Kind: ExpressibleByArgument {}
extension SplitBenchmark.Way: ExpressibleByArgument {}
