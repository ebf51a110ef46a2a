import ArgumentParser
import Dispatch
import Encryption
import Glibc
import NIOCore
import Stratum

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// `zion mine`: a CPU miner, for testing pools and for coins that a CPU can mine.
struct MineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mine",
    abstract: "Mine on a stratum pool with this machine's processor.",
    discussion: """
      Speaks stratum V1 with any pool or proxy. Ctrl-C ends it with an account of what was done. The threads that hash \
      run below everything else on the machine (nice 10).

      Exit status: 0 when a share was accepted (with --shares or --blocks: when that many were), 1 when not, 2 when \
      the pool could not be reached or did not accept the user, 64 for wrong arguments.
      """)

  @Option(help: "Where the pool listens: stratum+tcp://HOST:PORT, or stratum+ssl://HOST:PORT for TLS.")
  var url: String

  @Option(help: "With TLS: the SHA-256 of the pool's certificate or of its key, in place of roots and names.")
  var tlsFingerprint: [String] = []

  @Option(help: "With TLS: a PEM file of certificates to trust in place of the system's.")
  var tlsRoots: String?

  @Option(help: "With TLS: the name in the pool's certificate, where it is not the host's.")
  var tlsName: String?

  @Option(help: "Who is paid, and this machine's name: ADDRESS.worker.")
  var user: String

  @Option(help: "Most pools read options in it, or nothing. (default: a=ALGORITHM)")
  var password: String?

  @Option(help: "What to mine: \(Algorithm.allCases.map(\.rawValue).joined(separator: ", ")).")
  var algorithm = Algorithm.sha256d

  @Option(help: "Threads that hash. (default: one for each core)")
  var threads: Int?

  @Option(help: "Connections to the pool, served in turn by all threads.")
  var connections = 1

  @Option(name: .customLong("for"), help: "End after this many seconds.")
  var seconds: Double?

  @Option(help: "End when this many shares were accepted.")
  var shares: Int?

  @Option(help: "End when this many blocks were accepted.")
  var blocks: Int?

  @Option(help: "Seconds to wait for the first job before giving up.")
  var patience = 30.0

  @Flag(help: "Print the account as one line of JSON on standard output, everything else on standard error.")
  var json = false

  func validate() throws {
    _ = try trust(for: try address())
    guard !user.isEmpty else { throw ValidationError("--user: must not be empty") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads: must be 1 to 1024") }
    guard (1...1000).contains(connections) else { throw ValidationError("--connections: must be 1 to 1000") }
    if let seconds, !(seconds > 0 && seconds <= 1e9) { throw ValidationError("--for: must be above 0 seconds") }
    if let shares, shares < 1 { throw ValidationError("--shares: must be at least 1") }
    if let blocks, blocks < 1 { throw ValidationError("--blocks: must be at least 1") }
    guard patience > 0, patience <= 1e6 else { throw ValidationError("--patience: must be above 0 seconds") }
  }

  func run() async throws {
    let console = MineConsole(onStandardError: json)
    let address = try address()
    let run = MiningRun(
      MiningRun.Settings(
        address: address, trust: try trust(for: address),
        credentials: UpstreamSession.Credentials(user: user, password: password ?? "a=\(algorithm.rawValue)"),
        algorithm: algorithm, threads: threads ?? System.coreCount, connections: connections,
        goal: MineProgress.Goal(shares: shares, blocks: blocks), seconds: seconds, patienceSeconds: patience),
      console: console)
    console.say("mining \(algorithm.rawValue) with \(run.settings.threads) threads as \(user)")
    let signals = Interrupts.each { _ in run.progress.finish(.interrupted) }
    let (end, summary) = try await run.run()
    withExtendedLifetime(signals) {}
    if case .unusable(let why) = end { console.say("zion mine: \(why)") }
    console.say(summary.text)
    if json { print(try summary.json()) }
    if let code = Self.exitCode(for: end, summary, shares: shares, blocks: blocks) { throw code }
  }

  /// `nil` for success.
  static func exitCode(for end: MineEnd, _ summary: MineSummary, shares: Int?, blocks: Int?) -> ExitCode? {
    if case .unusable = end, summary.accepted == 0 { return ExitCode(2) }
    let isReached = summary.accepted >= (shares ?? 1) && summary.blocks >= (blocks ?? 0)
    return isReached ? nil : ExitCode(1)
  }

  private func address() throws -> StratumURL {
    do throws(Wrong) {
      return try StratumURL(url.contains("://") ? url : "stratum+tcp://\(url)")
    } catch {
      throw ValidationError("--url: \(error.what): write \(error.instead)")
    }
  }

  private func trust(for address: StratumURL) throws -> PeerTrust {
    let isAsked = !tlsFingerprint.isEmpty || tlsRoots != nil || tlsName != nil
    guard address.isEncrypted || !isAsked else {
      throw ValidationError("--url: it asks for no TLS: write stratum+ssl://\(address.endpoint)")
    }
    if let tlsRoots, access(tlsRoots, R_OK) != 0 {
      throw ValidationError("--tls-roots: \(tlsRoots) cannot be read: \(String(cString: strerror(errno)))")
    }
    var trust = PeerTrust(rootsFile: tlsRoots)
    do throws(Wrong) {
      trust.name = try tlsName.map(TrustSection.name)
    } catch {
      throw ValidationError("--tls-name: \(error.what): write \(error.instead)")
    }
    do throws(Wrong) {
      for text in tlsFingerprint { trust.fingerprints.insert(try TrustSection.fingerprint(text)) }
    } catch {
      throw ValidationError("--tls-fingerprint: \(error.what): write \(error.instead)")
    }
    return trust
  }
}

extension Algorithm: ExpressibleByArgument {}
