import ArgumentParser

#if CHAOS
  import Chaos
#endif

/// `zion`: every command is a file in `Commands/`.
@main
struct Zion: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zion", abstract: "Mining proxy, orchestrator and pool.", version: Version.current,
    subcommands: commands)

  private static var commands: [any ParsableCommand.Type] {
    let all: [any ParsableCommand.Type] = [
      RunCommand.self, MineCommand.self, StatusCommand.self, TopCommand.self, WorkersCommand.self, PoolsCommand.self,
      DecisionsCommand.self, DoctorCommand.self, AlertCommand.self, MoveCommand.self, ConfigCommand.self,
      PolicyCommand.self,
      HashCommand.self,
      BenchCommand.self, DatabaseCommand.self, BalanceCommand.self, BlockCommand.self, PayoutsCommand.self,
      PayoutCommand.self, APICommand.self, BanCommand.self, LedgerCommand.self, AuditCommand.self, ReceiptsCommand.self,
      ConsciousnessCommand.self,
      BacktestCommand.self, ManualCommand.self,
    ]
    #if CHAOS
      return all + [ChaosCommand.self]
    #else
      return all
    #endif
  }
}
