import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Stratum

/// One connection of a `TestMiner`: logs in, follows what it is told, and searches in small slices.
///
/// The slices run on the threads of `NIOThreadPool.singleton`: an event loop that hashes answers nobody meanwhile, and
/// on a busy machine it would never come to its sockets.
final class MinerConnection: ChannelInboundHandler {
  typealias InboundIn = String
  typealias OutboundOut = ByteBuffer

  private enum Request { case configure, subscribe, authorize, extranonce, share(Int) }

  private let options: MinerOptions
  private let book: NIOLockedValueBox<MinerRecord>
  /// In the order in which answers are due.
  private var waiting: [(id: Int, request: Request)] = []
  private var nextID = 1
  private var counter: UInt64
  private var extranonce1: [UInt8] = []
  private var extranonce2ByteCount = 4
  private var difficulty = 1.0
  private var versionMask: UInt32 = 0
  /// Index in the record of the present job, and of the one before while a late share for it is owed.
  private var current: Int?
  private var late: Int?
  private var isAuthorized = false
  private var search: ShareSearch?

  init(_ options: MinerOptions, book: NIOLockedValueBox<MinerRecord>) {
    self.options = options
    self.book = book
    // Not repeated over connections: a resumed session has the same extranonce1.
    counter = options.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(book.withLockedValue { $0.connects }) &* 0x10_0000
  }

  func channelActive(context: ChannelHandlerContext) {
    let resume = book.withLockedValue { record in
      record.connects += 1
      record.isAuthorized = false
      return options.resumesSession ? record.sessionID : nil
    }
    if options.rollsVersion {
      let extensions = #"[["version-rolling"],{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2}]"#
      ask("mining.configure", extensions, .configure, context)
    }
    ask("mining.subscribe", "[\"\(options.userAgent)\"\(resume.map { ",\"\($0)\"" } ?? "")]", .subscribe, context)
    if options.followsExtranonce { ask("mining.extranonce.subscribe", "[]", .extranonce, context) }
    ask("mining.authorize", "[\"\(options.user)\",\"\(options.password)\"]", .authorize, context)
    context.flush()
    if options.sharesPerSecond > 0 {
      let loop = context.eventLoop
      let bound = NIOLoopBound((self, context), eventLoop: loop)
      let pause = TimeAmount.nanoseconds(Int64(1e9 / options.sharesPerSecond))
      // Spread over one pause, so that many miners do not submit in step.
      let first = TimeAmount.nanoseconds(Int64(Double(pause.nanoseconds) * Double(options.seed % 97) / 97))
      let task = loop.scheduleRepeatedTask(initialDelay: first, delay: pause) { _ in
        let (connection, context) = bound.value
        connection.beginSearch(context)
      }
      context.channel.closeFuture.whenComplete { _ in task.cancel() }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    isAuthorized = false
    search = nil
    book.withLockedValue { record in
      record.disconnects += 1
      for (_, request) in waiting {
        if case .share(let index) = request { record.shares[index].reply = .lost }
      }
    }
    waiting = []
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let line = unwrapInboundIn(data)
    guard let message = JSON(Data(line.utf8)) else { return note("not JSON: \(line)") }
    if let method = message["method"].string {
      told(method, message, context)
    } else {
      answered(message, line: line)
    }
  }

  // MARK: What the server says

  private func told(_ method: String, _ message: JSON, _ context: ChannelHandlerContext) {
    let parameters = message["params"]
    switch method {
    case "mining.notify":
      guard let job = MinerJob(notify: parameters) else { return note("bad job: \(message)") }
      take(job)
    case "mining.set_difficulty":
      guard let value = parameters[0].double, value > 0 else { return note("bad difficulty: \(message)") }
      difficulty = value
      book.withLockedValue { $0.difficulties.append(value) }
    case "mining.set_extranonce":
      guard let first = parameters[0].string.flatMap({ Hex.decode($0) }), let count = parameters[1].int else {
        return note("bad extranonce: \(message)")
      }
      if !options.followsExtranonce { note("extranonce changed without being asked for") }
      setExtranonce(first, count)
    case "mining.set_version_mask":
      versionMask = parameters[0].string.flatMap { UInt32($0, radix: 16) } ?? 0
      book.withLockedValue { [versionMask] in $0.versionMasks.append(versionMask) }
    case "client.reconnect":
      book.withLockedValue { $0.reconnectRequests += 1 }
      context.close(promise: nil)
    case "mining.ping":
      send("{\"id\":\(message["id"].int ?? 0),\"result\":\"pong\",\"error\":null}", context)
      context.flush()
    case "client.get_version":
      send("{\"id\":\(message["id"].int ?? 0),\"result\":\"\(options.userAgent)\",\"error\":null}", context)
      context.flush()
    case "client.show_message": break
    default: note("unknown method: \(method)")
    }
  }

  private func take(_ job: MinerJob) {
    var job = job
    job.extranonce1 = extranonce1
    job.extranonce2ByteCount = extranonce2ByteCount
    job.difficulty = difficulty
    job.versionMask = versionMask
    job.receivedAt = .now
    let index = book.withLockedValue { record in
      record.jobs.append(job)
      return record.jobs.count - 1
    }
    late = job.clean && options.sendsLateShares ? current : nil
    current = index
    if job.clean { search = nil }
  }

  private func setExtranonce(_ first: [UInt8], _ count: Int) {
    guard (1...8).contains(count) else { return note("extranonce2 of \(count) bytes") }
    extranonce1 = first
    extranonce2ByteCount = count
    book.withLockedValue { $0.extranonces.append(first) }
  }

  private func answered(_ message: JSON, line: String) {
    guard let (id, request) = waiting.first else { return note("an answer nobody asked for: \(line)") }
    waiting.removeFirst()
    if message["id"].int != id { note("answer to \(message["id"]) where \(id) was due") }
    let result = message["result"]
    switch request {
    case .configure:
      if result["version-rolling"].bool == true {
        versionMask = result["version-rolling.mask"].string.flatMap { UInt32($0, radix: 16) } ?? 0
      }
    case .subscribe:
      guard let first = result[1].string.flatMap({ Hex.decode($0) }), let count = result[2].int else {
        return note("bad subscription: \(line)")
      }
      book.withLockedValue { $0.sessionID = result[0][0][1].string }
      setExtranonce(first, count)
    case .authorize:
      isAuthorized = result.bool == true
      book.withLockedValue { [isAuthorized] record in
        record.isAuthorized = isAuthorized
        record.loginError = isAuthorized ? nil : line
      }
    case .extranonce: break
    case .share(let index): judge(index, result, message["error"])
    }
  }

  private func judge(_ index: Int, _ result: JSON, _ error: JSON) {
    book.withLockedValue { record in
      record.shares[index].answeredAt = .now
      record.shares[index].reply =
        result.bool == true && error.isNull
        ? .accepted : .rejected(code: error[0].int ?? -1, message: error[1].string ?? "\(error)")
    }
  }

  // MARK: Work

  private func beginSearch(_ context: ChannelHandlerContext) {
    guard search == nil, isAuthorized, waiting.count < options.pendingLimit else { return }
    guard let index = late ?? current else { return }
    late = nil
    counter &+= 1
    let (job, isResting) = book.withLockedValue { ($0.jobs[index], $0.isResting) }
    guard !isResting else { return }
    let extranonce2 = (0..<job.extranonce2ByteCount).map { UInt8(truncatingIfNeeded: counter >> UInt64(8 * $0)) }
    search = ShareSearch(
      job, index: index, algorithm: options.algorithm, extranonce2: extranonce2,
      rolledBits: UInt32(truncatingIfNeeded: counter &* 0x9E37_79B1))
    continueSearch(context)
  }

  private func continueSearch(_ context: ChannelHandlerContext) {
    guard let search else { return }
    let count = options.algorithm == .sha256d ? 4096 : 64
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) {
      var slice = search
      return (slice.next(within: count), slice)
    }.whenSuccess { hash, slice in
      let (connection, context) = bound.value
      // A clean job or the end of the connection has ended the search meanwhile, and perhaps another has begun.
      guard connection.search?.isSame(as: search) == true else { return }
      connection.search = hash == nil ? slice : nil
      if let hash { connection.submit(slice, hash, context) } else { connection.continueSearch(context) }
    }
  }

  private func submit(_ found: ShareSearch, _ hash: Hash256, _ context: ChannelHandlerContext) {
    let isLate = found.job != current
    let sent: (job: MinerJob, index: Int)? = book.withLockedValue { record in
      guard !record.isResting else { return nil }
      record.shares.append(.init(hash: hash.displayHex, job: found.job, isLate: isLate, sentAt: .now))
      return (record.jobs[found.job], record.shares.count - 1)
    }
    guard let (job, index) = sent else { return }
    var fields = [options.user, job.id, Hex.encode(found.extranonce2), Hex.encode(job.nTime), Hex.encode(found.nonce)]
    if job.versionMask != 0 { fields.append(Hex.encode(found.rolledBits)) }
    ask("mining.submit", "[\(fields.map { "\"\($0)\"" }.joined(separator: ","))]", .share(index), context)
    context.flush()
  }

  private func ask(_ method: String, _ parameters: String, _ request: Request, _ context: ChannelHandlerContext) {
    waiting.append((nextID, request))
    send("{\"id\":\(nextID),\"method\":\"\(method)\",\"params\":\(parameters)}", context)
    nextID += 1
  }

  private func send(_ line: String, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(ByteBuffer(string: line + "\n")), promise: nil)
  }

  private func note(_ oddity: String) {
    book.withLockedValue { $0.oddities.append(String(oddity.prefix(300))) }
  }
}
