/// Finds what a mistyped word was meant to be.
enum Spelling {
  /// The word with the fewest changed letters, when they are few for its length.
  static func nearest(to word: String, among words: [String]) -> String? {
    let scored = words.map { (distance(word.lowercased(), $0.lowercased()), $0) }
    guard let best = scored.min(by: { $0 < $1 }), best.0 <= (min(word.count, best.1.count) + 2) / 3 else { return nil }
    return best.1
  }

  /// Letters to insert, remove, replace, or swap with their neighbours; words are cut at 64 letters.
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
    var above: [Int] = []
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1]
      for j in b.indices {
        var best = min(row[j] + (a[i] == b[j] ? 0 : 1), next[j] + 1, row[j + 1] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, above[j - 1] + 1) }
        next.append(best)
      }
      (above, row) = (row, next)
    }
    return row[b.count]
  }
}
