import Encryption
import NIOCore
import NIOPosix
import Stratum

/// Logs in at a pool once, waits for a job, and hangs up: what `zion doctor` asks of every upstream.
public struct UpstreamProbe: Sendable {
  public struct Report: Sendable, Equatable {
    /// How far it came.
    public enum Step: Int, Sendable, Comparable {
      case nothing, connected, subscribed, authorized, job
      public static func < (one: Step, other: Step) -> Bool { one.rawValue < other.rawValue }
    }

    public var step = Step.nothing
    /// Why it came no further, in words; `nil` with a job.
    public var trouble: String?
    /// The pool refused user and password.
    public var isLoginRefused = false
    public var difficulty: Difficulty?
    /// Time in the header of its job.
    public var jobTime: UnixTime?
    /// The pool is reached over networks of others.
    public var isPublic = false
    /// From the first packet to the first job.
    public var seconds = 0.0
  }

  let endpoint: UpstreamConfiguration.Endpoint
  let algorithm: Algorithm
  let credentials: UpstreamSession.Credentials
  let trust: PeerTrust

  public init(_ pool: UpstreamConfiguration, at endpoint: UpstreamConfiguration.Endpoint) {
    self.endpoint = endpoint
    algorithm = pool.algorithm
    credentials = UpstreamSession.Credentials(user: pool.user, password: pool.password)
    trust = pool.trust
  }

  /// Never longer than `limit`, whatever the pool does.
  public func run(on group: any EventLoopGroup, limit: TimeAmount) async -> Report {
    let loop = group.next()
    let done = loop.makePromise(of: Report.self)
    let (endpoint, algorithm, credentials, trust) = (endpoint, algorithm, credentials, trust)
    loop.execute {
      let handler = NIOLoopBound(
        ProbeHandler(algorithm: algorithm, credentials: credentials, done: done), eventLoop: loop)
      loop.scheduleTask(in: limit) {
        handler.value.end("no answer within \(limit.nanoseconds / 1_000_000_000) s")
      }
      let tls: ClientTLS?
      do {
        tls = endpoint.usesTLS ? try ClientTLS() : nil
      } catch {
        return handler.value.end("TLS cannot be spoken on this machine: \(error)")
      }
      ClientBootstrap(group: loop)
        .connectTimeout(limit)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let tls {
              try channel.pipeline.syncOperations.addHandlers(tls.handlers(for: endpoint.host, trusting: trust))
            }
          }
        }
        .connect(host: endpoint.host, port: endpoint.port)
        // A name may have several addresses, each tried on a channel of its own: only the winner gets the handler.
        .flatMapThrowing { try $0.pipeline.syncOperations.addHandler(handler.value) }
        .whenFailure { handler.value.end(UpstreamTrouble.words(for: $0)) }
    }
    return await withCheckedContinuation { continuation in
      done.futureResult.whenSuccess { continuation.resume(returning: $0) }
    }
  }
}

/// One probing connection, on its event loop.
private final class ProbeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let done: EventLoopPromise<UpstreamProbe.Report>
  private var session: UpstreamSession
  private var report = UpstreamProbe.Report()
  private var splitter = LineSplitter()
  private var out: [UInt8] = []
  private var channel: (any Channel)?
  private let algorithm: Algorithm
  private let began: MonotonicTime
  private var isEnded = false

  init(algorithm: Algorithm, credentials: UpstreamSession.Credentials, done: EventLoopPromise<UpstreamProbe.Report>) {
    self.algorithm = algorithm
    self.done = done
    began = Self.now()
    session = UpstreamSession(algorithm: algorithm, credentials: credentials, resume: nil, at: began)
  }

  private static func now() -> MonotonicTime { MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }

  func handlerAdded(context: ChannelHandlerContext) {
    channel = context.channel
    guard !isEnded else { return context.close(promise: nil) }
    report.step = .connected
    report.isPublic = UpstreamConnector.isPublic(context.channel)
    session.connected(at: Self.now(), into: &out)
    flush()
  }

  func channelInactive(context: ChannelHandlerContext) { end("the pool closed the connection") }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(UpstreamTrouble.words(for: error)) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do throws(LineSplitter.TooLong) {
      try splitter.feed(unwrapInboundIn(data), limit: { Limits.upstreamLineBytes }) { line in
        received(line)
        return !isEnded
      }
    } catch {
      end("the pool \(UpstreamFailure.lineTooLong.message)")
    }
  }

  private func received(_ line: RawSpan) {
    let event: UpstreamSession.Event?
    do throws(MalformedLine) {
      event = session.received(try ServerMessageParser.parse(line), at: Self.now(), into: &out)
    } catch {
      event = session.receivedMalformed()
    }
    flush()
    if session.phase == .authorizing { report.step = max(report.step, .subscribed) }
    if session.phase == .working { report.step = max(report.step, .authorized) }
    switch event {
    case .work(let notice, let target, _): worked(notice, target)
    case .failed(let failure):
      if case .authorizeRefused = failure { report.isLoginRefused = true }
      end("the pool \(failure.message)")
    case .reconnect(let host, let port):
      end("the pool sends us away, to \(host ?? "the same host"):\(port.map(String.init) ?? "the same port")")
    default: break
    }
    if session.phase == .working, report.difficulty != nil { finish() }
  }

  private func worked(_ notice: JobNotice, _ target: Target) {
    report.difficulty = target.difficulty(for: algorithm)
    if case .bitcoin(let work) = notice.content { report.jobTime = work.nTime }
  }

  private func finish() {
    report.step = .job
    end(nil)
  }

  private func flush() {
    guard !out.isEmpty else { return }
    channel?.writeAndFlush(ByteBuffer(bytes: out), promise: nil)
    out.removeAll(keepingCapacity: true)
  }

  /// The first end counts.
  func end(_ trouble: String?) {
    guard !isEnded else { return }
    isEnded = true
    report.trouble = trouble
    report.seconds = Self.now().seconds(since: began)
    channel?.close(promise: nil)
    done.succeed(report)
  }
}
