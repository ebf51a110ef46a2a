import Stratum

/// Decides which epochs' caches are in memory: who needs which, which one is being made, which ones only linger.
///
/// Events in, actions out. At most `capacity` caches are held or being made. Beyond that a needed epoch takes the place
/// of one that nobody needs; while all are needed, it waits. One cache is made at a time, first come, first served,
/// and only while somebody still wants it: a peer whose heights jump between far epochs keeps one thread busy, and
/// takes nothing from others.
struct KawPowShelf {
  enum Action: Equatable {
    /// From disk or by computing. `ahead`: nobody waits for it yet.
    case make(KawPowEpoch, ahead: Bool)
    case drop(KawPowEpoch)
  }

  static let capacity = 4
  /// Seconds that a cache is kept after its last need: a chain that goes back over an epoch's start finds it.
  static let linger = 600.0
  /// Heights before an epoch's end at which the next one is made: some three hours.
  static let aheadHeightCount: UInt32 = 200
  /// Seconds before a cache that could not be made is tried again.
  static let patience = 60.0

  private struct Need {
    var current: Set<KawPowEpoch> = []
    var soon: Set<KawPowEpoch> = []
  }

  private var needs: [Int: Need] = [:]
  /// When each needed epoch came, as a running number.
  private var arrivals: [KawPowEpoch: UInt64] = [:]
  private var arrivalCount: UInt64 = 0
  /// Since when nobody wanted it; `nil` while somebody does.
  private var held: [KawPowEpoch: MonotonicTime?] = [:]
  private var failures: [KawPowEpoch: MonotonicTime] = [:]
  private(set) var making: KawPowEpoch?

  /// Declares everything that `user` needs from now on. Heights beyond the highest epoch need nothing.
  mutating func need(_ heights: Set<UInt32>, by user: Int, at now: MonotonicTime) -> [Action] {
    var need = Need()
    for height in heights {
      guard let epoch = KawPowEpoch(height: height) else { continue }
      need.current.insert(epoch)
      if epoch.lastHeight - height < Self.aheadHeightCount, let next = KawPowEpoch(number: epoch.number + 1) {
        need.soon.insert(next)
      }
    }
    needs[user] = heights.isEmpty ? nil : need
    let needed = needs.values.reduce(into: Set()) { $0.formUnion($1.current) }
    arrivals = arrivals.filter { needed.contains($0.key) }
    for epoch in needed.sorted() where arrivals[epoch] == nil {
      arrivals[epoch] = arrivalCount
      arrivalCount += 1
    }
    return step(at: now)
  }

  /// The cache that was being made is there.
  mutating func made(_ epoch: KawPowEpoch, at now: MonotonicTime) -> [Action] {
    making = nil
    held[epoch] = .some(nil)
    return step(at: now)
  }

  /// The cache that was being made is not to be had (`failed`: it is not tried again at once), or was not wanted.
  mutating func gaveUp(_ epoch: KawPowEpoch, failed: Bool, at now: MonotonicTime) -> [Action] {
    making = nil
    if failed { failures[epoch] = now }
    return step(at: now)
  }

  /// Time has passed.
  mutating func ticked(at now: MonotonicTime) -> [Action] { step(at: now) }

  /// Whether somebody needs the epoch, or will soon.
  func isWanted(_ epoch: KawPowEpoch) -> Bool { isNeeded(epoch) || needs.values.contains { $0.soon.contains(epoch) } }

  /// Whether the epoch's file is worth its place: the epoch, or one next to it, is wanted or in memory.
  func keepsFile(of epoch: KawPowEpoch) -> Bool {
    let first = epoch.number == 0 ? 0 : epoch.number - 1
    return (first...epoch.number + 1).lazy.compactMap { KawPowEpoch(number: $0) }
      .contains { isWanted($0) || held[$0] != nil || making == $0 }
  }

  private func isNeeded(_ epoch: KawPowEpoch) -> Bool { arrivals[epoch] != nil }

  private mutating func step(at now: MonotonicTime) -> [Action] {
    var actions: [Action] = []
    failures = failures.filter { now.seconds(since: $0.value) < Self.patience && isWanted($0.key) }
    for (epoch, unwantedSince) in held.sorted(by: { $0.key < $1.key }) {
      if isWanted(epoch) {
        held[epoch] = .some(nil)
      } else if let unwantedSince, now.seconds(since: unwantedSince) >= Self.linger {
        drop(epoch, into: &actions)
      } else if unwantedSince == nil {
        held[epoch] = .some(now)
      }
    }
    if making == nil, let epoch = nextToMake, makeRoom(for: epoch, into: &actions) {
      making = epoch
      actions.append(.make(epoch, ahead: !isNeeded(epoch)))
    }
    return actions
  }

  private var nextToMake: KawPowEpoch? {
    let isMissing = { (epoch: KawPowEpoch) in held[epoch] == nil && failures[epoch] == nil }
    if let first = arrivals.filter({ isMissing($0.key) }).min(by: { $0.value < $1.value }) { return first.key }
    return needs.values.flatMap(\.soon).filter { isMissing($0) && !isNeeded($0) }.min()
  }

  /// Takes the place of what has been unwanted longest, or, for what is needed now, of what is only wanted soon.
  private mutating func makeRoom(for epoch: KawPowEpoch, into actions: inout [Action]) -> Bool {
    guard held.count >= Self.capacity else { return true }
    let unwanted = held.compactMap { epoch, since in since.map { (epoch, $0) } }
    if let oldest = unwanted.min(by: { ($0.1, $0.0) < ($1.1, $1.0) })?.0 {
      drop(oldest, into: &actions)
      return true
    }
    guard isNeeded(epoch), let later = held.keys.filter({ !isNeeded($0) }).max() else { return false }
    drop(later, into: &actions)
    return true
  }

  private mutating func drop(_ epoch: KawPowEpoch, into actions: inout [Action]) {
    held[epoch] = nil
    actions.append(.drop(epoch))
  }
}
