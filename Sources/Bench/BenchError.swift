/// Why a benchmark could not be carried out. A missed aim is not an error.
public enum BenchError: Error, CustomStringConvertible {
  /// A system call failed; `code` is its errno.
  case system(call: String, code: Int32)
  /// Not enough file descriptors for what was asked.
  case descriptors(needed: Int, limit: Int)
  /// A process that we started ended, or never answered; `log` is the end of what it printed.
  case process(name: String, problem: String, log: String)
  /// The server closed a connection or sent what a miner cannot use.
  case server(String)
  /// Nothing happened for this long while replies were due.
  case timeout(waitingFor: String, seconds: Double)
  /// What hashes are compared with is missing, or does not agree.
  case reference(String)

  public var description: String {
    switch self {
    case .system(let call, let code): "\(call) failed with errno \(code)"
    case .descriptors(let needed, let limit):
      "\(needed) file descriptors are needed and the limit of a process is \(limit): "
        + "lower --connections or raise the hard limit (ulimit -Hn)"
    case .process(let name, let problem, let log): "\(name) \(problem). Its last output:\n\(log)"
    case .server(let problem): "the server under test failed: \(problem)"
    case .reference(let problem): problem
    case .timeout(let subject, let seconds): "waited \(Int(seconds)) s for \(subject)"
    }
  }
}
