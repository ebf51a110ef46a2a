import Stratum

extension RawTransactionWallet {
  public func release(_ inputs: [OutPoint]) async throws(WalletError) { try await set(unlocked: true, inputs) }

  public func relock(_ inputs: [OutPoint]) async throws(WalletError) { try await set(unlocked: false, inputs) }

  public func locked() async throws(WalletError) -> [OutPoint] {
    do throws(NodeError) {
      let listed: [DecodedTransaction.Input] = try await calls.ask("listlockunspent")
      return listed.compactMap { input in
        guard let txid = input.txid.flatMap({ Hash256(displayHex: $0) }), let index = input.vout else { return nil }
        return OutPoint(txid: txid, index: index)
      }
    } catch {
      throw .node(error)
    }
  }

  /// One by one: newer nodes refuse the whole call for one input that is spent, or locked already.
  private func set(unlocked: Bool, _ inputs: [OutPoint]) async throws(WalletError) {
    for input in inputs {
      let coin: JSONRPC.Value = .object([
        "txid": .string(input.txid.displayHex), "vout": .integer(Int64(input.index)),
      ])
      do throws(NodeError) {
        _ = try await calls.ask("lockunspent", [.bool(unlocked), .array([coin])], as: Bool.self)
      } catch {
        // -8: it is spent, unknown, or as it should be.
        guard case .refused(code: -8, _) = error else { throw .node(error) }
      }
    }
  }

  public func broadcast(_ rawTransaction: [UInt8]) async -> BroadcastResult {
    do throws(NodeError) {
      _ = try await calls.ask(
        "sendrawtransaction", [.string(Hex.encode(rawTransaction))], seconds: calls.settings.sendTimeoutSeconds,
        as: String.self)
      return .accepted
    } catch {
      return Self.result(of: error)
    }
  }

  /// Source: Bitcoin Core, `rpc/protocol.h` and `validation.cpp`; the words differ between versions.
  static func result(of error: NodeError) -> BroadcastResult {
    guard case .refused(let code, let message) = error else { return .unclear(reason: error.description) }
    let words = message.lowercased()
    let known = ["already-known", "already-in-mempool", "already in", "same-nonwitness-data"]
    if code == -27 || known.contains(where: { words.contains($0) }) { return .alreadyKnown }
    // -22: not a transaction to this node; -25, -26: refused by its rules, missing inputs among them.
    return [-22, -25, -26].contains(code) ? .rejected(reason: message) : .unclear(reason: error.description)
  }
}
