import AsyncHTTPClient
import Logging
import Pool
import Stratum

/// What pays miners, wired: the wallet of the first node, the approvers' keys, the rules.
struct PayerParts {
  let options: LocalPoolOptions
  let database: any Database
  let http: HTTPClient
  var news: MoneyNews?
  let logger: Logger

  /// `nil` where nobody is paid: payouts are off, or the chain carries no transfers.
  /// - Throws: a key that cannot be read, or a node that does not answer.
  func make() async throws -> Payer? {
    guard options.payouts.isEnabled, case .bitcoin(let urls, _) = options.node, let first = urls.first else {
      return nil
    }
    let endpoint = try NodeEndpoint(first)
    let node = BitcoinNode(endpoint: endpoint, algorithm: options.algorithms.first ?? .sha256d, http: http)
    let book = AddressBook(node: node, zion: nil)
    let settings = Payer.Settings(
      rules: rules(chain: try await node.chain()), approvers: try options.payouts.approvers())
    var all = settings
    all.intervalSeconds = options.payouts.intervalSeconds
    all.machine.confirmations = options.payouts.confirmations
    // Who looks for miners to pay more often wants to know sooner what became of it.
    all.machine.pollSeconds = min(all.machine.pollSeconds, options.payouts.intervalSeconds)
    all.machine.retrySeconds = min(all.machine.retrySeconds, options.payouts.intervalSeconds)
    return Payer(
      database: database, pool: options.name, purse: options.payouts.purse(endpoint, http: http), settings: all,
      destination: { address in
        do throws(AddressFailure) {
          return PayoutCandidate.Destination(script: try await book.resolve(address).script)
        } catch {
          switch error {
          case .invalid(let why): return .invalid(reason: "\(why)")
          case .node(let why): return .unclear(reason: "\(why)")
          }
        }
      }, news: news, now: Clocks.wall, log: logger)
  }

  func wallet() throws -> (any Wallet)? { try options.wallet(http: http) }

  private func rules(chain: String) -> PayoutRules {
    var rules = PayoutRules(pool: options.name, chain: chain)
    let payouts = options.payouts
    rules.threshold = payouts.threshold
    rules.minimumThreshold = payouts.minimum
    rules.maximumOutputs = payouts.outputLimit
    rules.fees = payouts.feePayer == .pool ? .pool : .miners
    rules.feeReserve = payouts.maximumFee
    rules.route = payouts.wallet == .raw ? .signed : .sendMany
    rules.approvalLimit = payouts.approval?.above
    rules.requiredApprovals = payouts.approval?.required ?? 0
    return rules
  }
}

extension NodeEndpoint {
  init(_ node: NodeURL) throws {
    try self.init(url: node.url)
    credentials = .password(user: node.user, password: node.password)
  }
}

extension LocalPoolOptions {
  /// The wallet that pays; `nil` where the chain carries no transfers.
  func wallet(http: HTTPClient) throws -> (any Wallet)? {
    guard case .bitcoin(let urls, _) = node, let first = urls.first else { return nil }
    return payouts.purse(try NodeEndpoint(first), http: http).wallet
  }
}

extension PayoutOptions {
  fileprivate func purse(_ endpoint: NodeEndpoint, http: HTTPClient) -> Payer.Purse {
    var settings = WalletSettings()
    settings.maximumFee = maximumFee
    return switch wallet {
    case .raw: .signing(RawTransactionWallet(endpoint: endpoint, http: http, settings: settings))
    case .sendmany: .sending(SendManyWallet(endpoint: endpoint, http: http, settings: settings))
    }
  }
}
