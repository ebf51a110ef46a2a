/// Remembers which sources were lost, so that a source which comes and goes does not pull miners back and forth.
struct SourceTrust: Sendable {
  private var seenReady: Set<String> = []
  private var lost: Set<String> = []

  /// A source that was never ready before is trusted at once: at start everyone is new.
  mutating func update(_ sources: [SourceSnapshot], failbackAfterSeconds: Double) {
    let names = Set(sources.map(\.name))
    seenReady.formIntersection(names)
    lost.formIntersection(names)
    for source in sources {
      if !source.isReady {
        if seenReady.contains(source.name) { lost.insert(source.name) }
      } else {
        seenReady.insert(source.name)
        if source.readySeconds >= failbackAfterSeconds { lost.remove(source.name) }
      }
    }
  }

  func trusts(_ source: SourceSnapshot) -> Bool { source.isReady && !lost.contains(source.name) }
}
