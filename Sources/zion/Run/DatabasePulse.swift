import Pool
import Synchronization

/// Whether the database answers, for those who must not wait for it.
final class DatabasePulse: Sendable {
  private struct State {
    var status = "connecting"
    var isAsking = false
  }

  private let database: any Database
  private let state = Mutex(State())

  init(_ database: any Database) { self.database = database }

  /// How it was when it was last asked; asks again meanwhile.
  func status() -> String {
    let (status, asks) = state.withLock { state in
      defer { state.isAsking = true }
      return (state.status, !state.isAsking)
    }
    if asks { Task { await ask() } }
    return status
  }

  private func ask() async {
    var status = "connected"
    do {
      _ = try await database.read { sql in try sql.run("SELECT 1", []).changed }
    } catch {
      status = "unavailable"
    }
    let heard = status
    state.withLock { $0 = State(status: heard) }
  }
}
