import Logging
import NIOPosix
import Orchestrator

/// Looks at the policy file several times a second, and hands edits to the desk.
struct PolicyReload: Sendable {
  /// Two of these, and the plan after them, fit well into the second that an edit may take.
  private static let interval = Duration.milliseconds(150)

  let source: PolicySource
  let names: PolicyNames
  let desk: FleetDesk
  let logger: Logger

  /// Until cancelled.
  func run() async {
    var watch = PolicyWatch(source)
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: Self.interval)
        // A disk may take its time: neither an event loop nor a task waits for it.
        let look = try await NIOThreadPool.singleton.runIfActive { Self.look(at: source.file) }
        guard let change = watch.look(look, read: { PolicyFile.read($0, names: names) }) else { continue }
        await carryOut(change)
      } catch {
        return
      }
    }
  }

  private static func look(at file: String) -> PolicyWatch.Look {
    do throws(TextFile.Unreadable) {
      return .text(try TextFile.read(file))
    } catch {
      return .unreadable(error.reason)
    }
  }

  private func carryOut(_ change: PolicyWatch.Change) async {
    switch change {
    case .use(let policy, let text):
      await desk.use(policy, text: text)
      logger.info(
        "the policy was edited and is in use",
        metadata: ["file": "\(source.file)", "policy": "\(policy.name)", "mode": "\(policy.mode.rawValue)"])
    case .broken(let problems):
      await desk.keepPolicy(because: problems)
      for problem in problems {
        logger.error(
          "the policy file cannot be used, the policy stays as it was",
          metadata: [
            "file": "\(problem.file)", "line": "\(problem.line.map(String.init) ?? "-")", "key": "\(problem.key)",
            "problem": "\(problem.message)",
          ])
      }
    case .mended:
      await desk.keepPolicy(because: [])
      logger.info("the policy file is again what is in use", metadata: ["file": "\(source.file)"])
    }
  }
}
