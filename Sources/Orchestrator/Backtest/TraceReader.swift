/// Reads what markets paid, from files of three kinds: coins (`time,coin,price_usd,difficulty,block_reward_native`),
/// multi-pools (`time,algo,pool,estimate_btc_per_ghs_day,actual24h_btc_per_ghs_day`) and our own recordings
/// (`time,source,currency_per_hash`).
public struct TraceReader: Sendable {
  /// Rows of which one group must have at least so many.
  static let leastRows = 30
  /// Coins that have so much of a file's times are there throughout.
  static let throughout = 0.95

  public struct Coin: Sendable, Equatable {
    public var algorithm: String
    /// Hashes that difficulty 1 takes on average.
    public var hashesPerDifficulty: Double
  }

  /// By coin; empty until a table of coins is read.
  public var coins: [String: Coin] = [:]
  /// Nobody is paid for the first row of a trace: it is what is known when mining begins.
  public var warmsUp = false
  /// Rows outside are left out, seconds since 1970.
  public var span: ClosedRange<Double> = -Double.infinity...Double.infinity

  public init() {}

  /// `coin,algorithm,hashes_per_difficulty_unit,…`
  public mutating func readCoins(_ text: String, file: String) throws(TraceError) {
    let table = try TraceTable(text, file: file)
    for row in table.rows {
      guard let hashes = try table.number("hashes_per_difficulty_unit", row), hashes > 0 else {
        throw TraceError(file: file, line: row.line, what: "hashes_per_difficulty_unit: must be above 0")
      }
      coins[try table.text("coin", row)] = Coin(
        algorithm: try table.text("algorithm", row), hashesPerDifficulty: hashes)
    }
  }

  /// Every group of sources between which there is a choice.
  ///
  /// - Parameter file: what messages and results call it.
  public func read(_ text: String, file: String) throws(TraceError) -> [Trace] {
    let table = try TraceTable(text, file: file)
    if table.has("time", "coin", "price_usd", "difficulty", "block_reward_native") { return try coinTraces(table) }
    if table.has("time", "algo", "pool", "estimate_btc_per_ghs_day", "actual24h_btc_per_ghs_day") {
      return try PoolTraces(table, span: span).traces
    }
    if table.has("time", "source", "currency_per_hash") { return try recording(table) }
    throw TraceError(
      file: file, line: 1,
      what: "the heading is of no trace: coins have time,coin,price_usd,difficulty,block_reward_native, pools "
        + "time,algo,pool,estimate_btc_per_ghs_day,actual24h_btc_per_ghs_day, recordings time,source,currency_per_hash")
  }

  private func coinTraces(_ table: TraceTable) throws(TraceError) -> [Trace] {
    var series: [String: Series] = [:]
    for row in table.rows {
      let name = try table.text("coin", row)
      guard let coin = coins[name] else {
        throw TraceError(
          file: table.file, line: row.line, what: "the table of coins (coins.csv, beside the trace) has no \(name)")
      }
      let at = try table.time(row)
      guard span.contains(at), let price = try table.number("price_usd", row),
        let difficulty = try table.number("difficulty", row), let reward = try table.number("block_reward_native", row)
      else { continue }
      guard price > 0, difficulty > 0, reward > 0 else {
        throw TraceError(file: table.file, line: row.line, what: "price, difficulty and reward must be above 0")
      }
      series[coin.algorithm, default: Series()].add(
        name, price * reward / (difficulty * coin.hashesPerDifficulty), at: at)
    }
    return series.sorted { $0.key < $1.key }.flatMap { traces($0.value, file: table.file) }
  }

  private func recording(_ table: TraceTable) throws(TraceError) -> [Trace] {
    var series = Series()
    for row in table.rows {
      let at = try table.time(row)
      guard span.contains(at), let revenue = try table.number("currency_per_hash", row), revenue > 0 else { continue }
      series.add(try table.text("source", row), revenue, at: at)
    }
    return traces(series, file: table.file)
  }

  private func traces(_ series: Series, file: String) -> [Trace] {
    let series = series.aligned()
    return series.groups().compactMap { sources in
      let rows = series.rows(sources)
      guard rows.count >= Self.leastRows, let first = rows.first, let last = rows.last else { return nil }
      let group =
        "\(sources.joined(separator: "/")) \(TraceTime.date(first.at))..\(TraceTime.date(last.at))"
      return Trace(name: Self.name(file), group: group, sources: sources, rows: rows, warmsUp: warmsUp)
    }
  }

  static func name(_ file: String) -> String { file.split(separator: "/").last.map(String.init) ?? file }
}
