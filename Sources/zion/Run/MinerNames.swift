import Pool
import Proxy
import Stratum

/// Checks the names that miners log in with.
///
/// A pool of its own takes addresses only. A farm with upstream pools may name its machines as it likes: what such a
/// miner earns at the local pool is the operator's.
struct MinerNames: NameChecking {
  /// `nil` on chains whose addresses only a node knows.
  let zion: ZionAddresses?
  private let book: AddressBook?
  private let payees: PayeeScripts?
  /// Who earns what nameless miners of a farm do at the local pool; `nil` refuses such names.
  private let farmAccount: String?

  init(local: LocalPoolParts?, options: LocalPoolOptions, hasUpstreams: Bool) {
    payees = local?.payees
    farmAccount = local == nil ? nil : hasUpstreams ? options.address : nil
    guard let local else {
      (zion, book) = (nil, nil)
      return
    }
    switch options.node {
    case .embedded:
      let accounts = ZionAddresses(accounts: Set(options.fees.map(\.address) + [options.address]))
      zion = accounts
      book = nil
    case .bitcoin:
      zion = nil
      book = AddressBook(node: local.node, zion: nil)
    }
  }

  /// As a pool on a node that `book` asks.
  init(book: AddressBook, payees: PayeeScripts? = nil, farmAccount: String?) {
    (zion, self.book, self.payees, self.farmAccount) = (nil, book, payees, farmAccount)
  }

  func checkNow(_ user: String) -> NameCheck? {
    guard book == nil else { return nil }
    let name: MinerNameParser.Name
    do throws(MinerNameParser.Malformed) {
      name = try MinerNameParser.parse(user)
    } catch {
      return .refused("\(error)")
    }
    guard let zion else { return .accepted(name.identity, name.algorithm) }
    do throws(AddressError) {
      return accepted(name, account: try zion.canonical(name.identity.account))
    } catch {
      return fallback(name, "\(error)")
    }
  }

  func check(_ user: String) async -> NameCheck {
    guard let book else { return checkNow(user) ?? .refused("the name cannot be checked") }
    let name: MinerNameParser.Name
    do throws(MinerNameParser.Malformed) {
      name = try MinerNameParser.parse(user)
    } catch {
      return .refused("\(error)")
    }
    do throws(AddressFailure) {
      let (address, script) = try await book.resolve(name.identity.account)
      payees?.remember(script, paying: address)
      return accepted(name, account: address)
    } catch {
      switch error {
      case .invalid(let why): return fallback(name, "\(why)")
      case .node(let why): return unchecked(name, "the address cannot be checked now: \(why)")
      }
    }
  }

  private func accepted(_ name: MinerNameParser.Name, account: String) -> NameCheck {
    .accepted(MinerIdentity(account: account, worker: name.identity.worker), name.algorithm)
  }

  /// Nobody can say whether it can be paid. Who gave an address means to earn under it, also when the node comes back
  /// during the session: never the operator.
  private func unchecked(_ name: MinerNameParser.Name, _ why: String) -> NameCheck {
    guard farmAccount != nil, AddressBook.isSurelyAddress(name.identity.account) else { return fallback(name, why) }
    return accepted(name, account: name.identity.account)
  }

  private func fallback(_ name: MinerNameParser.Name, _ why: String) -> NameCheck {
    guard let farmAccount else { return .refused(why) }
    let worker = name.identity.worker.isEmpty ? name.identity.account : name.identity.worker
    let safe = worker.prefix(64).map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" }
    return .accepted(MinerIdentity(account: farmAccount, worker: String(safe)), name.algorithm)
  }
}
