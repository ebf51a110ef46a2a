import AsyncHTTPClient
import Pool
import Stratum

/// The nodes of the local pool: answering, on one chain that the pool's address belongs to, in step, and with a wallet.
struct NodeChecks {
  let local: LocalPoolOptions
  let http: HTTPClient

  func run() async -> [DoctorFinding] {
    guard case .bitcoin(let urls, _) = local.node else {
      return [.ok("node", "the embedded chain needs no node; it is for development only")]
    }
    var findings: [DoctorFinding] = []
    var chains: [String: String] = [:]
    for (index, url) in urls.enumerated() {
      do {
        let node = BitcoinNode(
          endpoint: try NodeEndpoint(url), algorithm: local.algorithms.first ?? .sha256d, http: http)
        let report = try await node.chainReport()
        chains[url.description] = report.chain
        findings.append(Self.progress(url.description, report))
        findings += await addresses(node, at: url.description, chain: report.chain)
        findings.append(await template(node, at: url.description))
        if index == 0, local.payouts.isEnabled { findings.append(await wallet(at: url.description)) }
      } catch {
        findings.append(
          .fault(
            "node", "\(url): \(error)",
            do: "start the node with its RPC server, and see that local.bitcoin.urls has its address, user and password"
          ))
      }
    }
    if Set(chains.values).count > 1 {
      let text = chains.sorted { $0.key < $1.key }.map { "\($0.key) is on \($0.value)" }.joined(separator: ", ")
      findings.append(
        .fault(
          "node", "the nodes are on different networks: \(text)", do: "write nodes of one network in local.bitcoin.urls"
        ))
    }
    return findings
  }

  static func progress(_ name: String, _ report: NodeChain) -> DoctorFinding {
    let (blocks, headers) = (report.blocks ?? 0, report.headers ?? 0)
    if report.initialblockdownload == true && report.chain != "regtest" || headers > blocks + 2 {
      return .fault(
        "node", "\(name) (\(report.chain)) is still catching up: block \(blocks) of \(headers)",
        do: "wait until it has all blocks: what is mined before is not on the chain's tip")
    }
    return .ok("node", "\(name) is on \(report.chain), at block \(blocks)")
  }

  private func addresses(_ node: BitcoinNode, at name: String, chain: String) async -> [DoctorFinding] {
    let payees = [("local.address", local.address)] + local.fees.map { ("local.fees", $0.address) }
    var findings: [DoctorFinding] = []
    for (key, address) in payees {
      do throws(NodeError) {
        guard try await node.isValid(address: address) else {
          findings.append(
            .fault(
              "node", "\(key): \(address) is no address of the network that \(name) is on (\(chain))",
              do: "write a node of that network in local.bitcoin.urls, or an address of this one"))
          continue
        }
      } catch {
        findings.append(.fault("node", "\(name): \(error)", do: "look into the node's log"))
      }
    }
    return findings
  }

  private func template(_ node: BitcoinNode, at name: String) async -> DoctorFinding {
    do throws(NodeError) {
      let template = try await node.template(for: node.algorithm)
      return .ok("node", "\(name) gives work, for block \(template.height)")
    } catch {
      return .fault("node", "\(name) gives no work: \(error)", do: "see that it has peers and all blocks")
    }
  }

  private func wallet(at name: String) async -> DoctorFinding {
    do {
      guard let wallet = try local.wallet(http: http) else {
        return .ok("node", "nobody is paid by this configuration")
      }
      let holdings = try await wallet.holdings()
      return .ok("node", "the wallet of \(name) holds \(local.coin.named(holdings.balance))")
    } catch {
      return .fault(
        "node", "the wallet of \(name) does not answer: \(error)",
        do:
          "load it (bitcoin-cli loadwallet NAME) and write its path into the URL (…/wallet/NAME), or payouts: { enabled: false }"
      )
    }
  }
}
