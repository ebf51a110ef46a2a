import ArgumentParser
import Bench

extension BenchCommand {
  struct Siege: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "siege", abstract: "Shares of honest miners while others attack from many addresses.",
      discussion: """
        --connections miners of a local pool send a share in 15 s each, with and without --per-minute connections from
        --addresses addresses of the loopback range that are silent, half logged in, send nonsense, junk shares, lines
        without an end, a byte at a time, or leave at once. One address in ten is of the miners' own network.
        """)
    @OptionGroup var amount: BenchAmount
    @Option(help: "Addresses that attack.")
    var addresses = 200
    @Option(help: "Connections that they make in a minute.")
    var perMinute = 20_000.0

    func validate() throws {
      guard (1...2000).contains(addresses) else { throw ValidationError("--addresses must be 1 to 2000") }
      guard perMinute > 0, perMinute <= 1_000_000 else {
        throw ValidationError("--per-minute must be above 0 and at most 1000000")
      }
    }

    func run() async throws {
      var benchmark = SiegeBenchmark()
      benchmark.addresses = addresses
      benchmark.perMinute = perMinute
      try await amount.report([{ [benchmark] in try benchmark.run($0) }])
    }
  }

  /// Who attacks; started by the benchmark.
  struct SiegeSource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "siege-source", shouldDisplay: false)

    @Option var port: UInt16
    @Option var addresses: Int
    @Option var perMinute: Double
    @Option var user: String

    func run() async throws {
      try Bench.Siege.run(port: port, addresses: addresses, perMinute: perMinute, user: user)
    }
  }
}
