import ArgumentParser

/// `zion`: every command is a file in `Commands/`.
@main
struct Zion: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zion", abstract: "Mining proxy, orchestrator and pool.", version: Version.current,
    subcommands: [
      RunCommand.self, MineCommand.self, StatusCommand.self, TopCommand.self, WorkersCommand.self, PoolsCommand.self,
      DecisionsCommand.self, DoctorCommand.self, AlertCommand.self, MoveCommand.self, ConfigCommand.self,
      PolicyCommand.self,
      HashCommand.self,
      BenchCommand.self, DatabaseCommand.self, BalanceCommand.self, BlockCommand.self, PayoutsCommand.self,
      PayoutCommand.self, APICommand.self, BanCommand.self, LedgerCommand.self, AuditCommand.self, ReceiptsCommand.self,
      ConsciousnessCommand.self,
      BacktestCommand.self, ManualCommand.self,
    ])
}
