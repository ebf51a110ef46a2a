import FoundationEssentials
import Stratum

/// How one shard's part of the pool is left to another process image.
extension LocalSource {
  private struct Saved: Codable {
    var native: NativeLane
    var adopted: [AdoptedLane.Key: AdoptedLane]
    var keys: [FeedID: AdoptedLane.Key]
    var accounts: AccountLanes
  }

  public var isSettled: Bool { counts.waiting == 0 }

  // The journal still answers for what it has.
  public func pause() {
    guard let running, !isPaused else { return }
    isPaused = true
    localPool.unlisten(running.token)
  }

  public func resume() {
    guard isPaused else { return }
    isPaused = false
    let token = listen()
    running?.token = token
  }

  public func save() throws -> SavedSource? {
    let saved = Saved(native: native, adopted: adopted, keys: keys, accounts: accounts)
    return SavedSource(state: String(decoding: try JSONEncoder().encode(saved), as: UTF8.self))
  }

  public func restore(_ saved: SavedSource) throws {
    let saved = try JSONDecoder().decode(Saved.self, from: Data(saved.state.utf8))
    (native, adopted, keys, accounts) = (saved.native, saved.adopted, saved.keys, saved.accounts)
    jobs = localPool.published
  }
}
