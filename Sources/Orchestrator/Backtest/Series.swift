/// Values of several sources over time.
struct Series {
  private var values: [String: [Double: Double]] = [:]

  mutating func add(_ source: String, _ value: Double, at seconds: Double) {
    values[source, default: [:]][seconds] = value
  }

  /// Where sources are seen at times of their own (blocks, polls), what was seen last holds until the next, so that all
  /// have a value at every time. Where they share their times, this changes nothing.
  func aligned() -> Series {
    let times = values.values.reduce(into: Set<Double>()) { $0.formUnion($1.keys) }.sorted()
    guard !values.keys.contains(where: { covers($0, Set(times)) }) else { return self }
    var result = Series()
    for (source, own) in values {
      guard let end = own.keys.max() else { continue }
      var last: Double?
      for at in times where at <= end {
        last = own[at] ?? last
        if let last { result.add(source, last, at: at) }
      }
    }
    return result
  }

  /// The sources that are there throughout; each pair of them, when there are more than two; and with each source that
  /// is there for a part, all that are there for all of that part.
  func groups() -> [[String]] {
    let times = values.values.reduce(into: Set<Double>()) { $0.formUnion($1.keys) }
    let always = values.keys.filter { covers($0, times) }.sorted()
    var groups = [always]
    if always.count > 2 {
      for (index, first) in always.enumerated() {
        groups += always[(index + 1)...].map { [first, $0] }
      }
    }
    for source in values.keys.sorted() where !always.contains(source) {
      let span = Set(values[source]?.keys.map { $0 } ?? [])
      let group = values.keys.filter { covers($0, span) }.sorted()
      if !groups.contains(group) { groups.append(group) }
    }
    return groups.filter { $0.count > 1 }
  }

  private func covers(_ source: String, _ times: Set<Double>) -> Bool {
    let own = values[source] ?? [:]
    let there = times.reduce(0) { $0 + (own[$1] == nil ? 0 : 1) }
    return Double(there) >= TraceReader.throughout * Double(times.count)
  }

  /// The times at which all of them have a value, in order.
  func rows(_ sources: [String]) -> [(at: Double, values: [Double])] {
    let columns = sources.map { values[$0] ?? [:] }
    guard let first = columns.first else { return [] }
    return first.keys.sorted().compactMap { at in
      let row = columns.compactMap { $0[at] }
      return row.count == columns.count ? (at, row) : nil
    }
  }
}
