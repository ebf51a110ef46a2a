import ArgumentParser
import Bench

extension BenchCommand {
  struct Upgrade: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "upgrade", abstract: "Shares of miners while the program is replaced under them.",
      discussion: """
        --connections miners of a local pool send a share in 15 s each, with and without a SIGUSR2 at the beginning of
        the round. A lost connection or a refused share is a failure.
        """)
    @OptionGroup var amount: BenchAmount

    func run() async throws { try await amount.report([{ try UpgradeBenchmark().run($0) }]) }
  }
}
