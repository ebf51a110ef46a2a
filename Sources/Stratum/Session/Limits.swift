/// Every limit of the protocol side, with what happens there.
public enum Limits {
  /// A longer line before authorize closes the connection: nobody unknown owns more of our memory.
  public static let lineBytesBeforeAuthorize = 4 * 1024
  /// A longer line after authorize closes the connection; the longest honest one is a subscribe of about 1 KiB.
  public static let lineBytesAfterAuthorize = 16 * 1024
  /// A longer line from an upstream drops that link; a notify with 32 branches is under 8 KiB.
  public static let upstreamLineBytes = 64 * 1024
  /// Not authorized this long after connecting: closed.
  public static let authorizeSeconds = 15.0
  /// A proxy before us that has not sent its PROXY header by then is closed; HAProxy sends it at once.
  public static let proxyHeaderSeconds = 5.0
  /// Connections of one shard whose PROXY header has not come; the next one is closed.
  public static let proxyHeadersAwaited = 1024
  /// Nested deeper: not a message.
  public static let jsonDepth = 8
  /// More elements in `params`: not a message.
  public static let parameterCount = 64
  /// A longer string in a client's message: not a message.
  public static let stringBytes = 1024
  /// A longer request id: not a message.
  public static let requestIDBytes = 64
  /// Shares of one session that wait for an answer; one more is answered 20 and not judged. A proxy sends the shares
  /// of thousands of miners through one session.
  public static let pendingReplies = 16_384
  /// Shares sent to one upstream connection and not answered; one more is answered 20 and not sent.
  public static let inFlightUpstream = 8192
  /// Bytes queued to one miner; a miner that does not read that much is closed, its jobs being long stale.
  public static let outboxBytes = 64 * 1024
  /// Malformed lines in a row; the next one closes the connection. A good line forgives.
  public static let malformedLines = 5
  /// Agreements remembered per session; shares for jobs of an older one are stale.
  public static let agreements = 8
  /// Jobs remembered per feed; shares for an older one are stale.
  public static let jobsPerFeed = 512
  /// Workers authorized on one connection; one more is refused.
  public static let workersPerSession = 4096
  /// How far nTime may run ahead of our clock and of its job. No miner rolls it further; further ahead a share could be
  /// kept back and sent again when the chain goes back, and its block would be too new for nodes whose clocks differ.
  public static let nTimeAheadSeconds = 600
  /// A line must end within this of its beginning; whoever drips is closed. An honest line comes in one packet or two.
  public static let lineSeconds = 15.0
  /// A notify at least this often: cgminer calls 90 s of silence an interruption.
  public static let notifyGapSeconds = 50.0
  /// A KawPow miner takes no longer prefix (kawpowminer disconnects), and with four bytes a fast rig runs out of nonces
  /// in a minute.
  public static let noncePrefixBytes = 4
  /// An `extranonce2` above 8 bytes stops cgminer, Whatsminer and S9.
  public static let extranonce2Bytes = 2...8
}
