import Stratum

/// What the shards saw of a source, from which its economics and quality are worked out.
public struct SourceObservations: Sendable, Equatable {
  /// The newest job of any shard.
  public var newestJob: JobSample?
  /// The latest new blocks that it told of, each once with the first time, oldest first.
  public var blockNews: [BlockNews] = []
  /// Of the shares that it rejected, those that it called late. Since start.
  public var rejectedStale = 0
  /// Connections that were working and broke, since start.
  public var disconnects = 0

  public init() {}

  /// Of several shards' reports of one source.
  public init(_ reports: [SourceReport]) {
    newestJob = reports.compactMap(\.newestJob).max { $0.at < $1.at }
    var first: [Work.Content.Position: MonotonicTime] = [:]
    for news in reports.flatMap(\.blockNews) { first[news.position] = min(first[news.position] ?? news.at, news.at) }
    blockNews = first.map { BlockNews(position: $0.key, at: $0.value) }.sorted { $0.at < $1.at }
    rejectedStale = reports.reduce(0) { $0 + $1.rejectedStale }
    disconnects = reports.reduce(0) { $0 + $1.disconnects }
  }
}
