import CEpoll
import Glibc
import Stratum

/// Owns sockets that a `Poller` watches. Slots are the owner's own numbering.
protocol SocketOwner: AnyObject {
  func ready(_ slot: Int, for readiness: Readiness) throws(BenchError)
}

/// What a socket is ready for.
struct Readiness: OptionSet, Sendable {
  let rawValue: UInt32
  static let read = Readiness(rawValue: EPOLLIN.rawValue)
  static let write = Readiness(rawValue: EPOLLOUT.rawValue)
  static let hangup = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// One thread's sockets: the whole load generator runs on it, and takes less of the machine than any event loop
/// with a pipeline would. The servers that it is pointed at should be what is measured.
final class Poller {
  private let descriptor: Int32
  private var owners: [any SocketOwner] = []
  private var events = [epoll_event](repeating: epoll_event(), count: 1024)

  init() throws(BenchError) {
    descriptor = epoll_create1(0)
    guard descriptor >= 0 else { throw .system(call: "epoll_create1", code: errno) }
  }

  deinit { close(descriptor) }

  /// Number to be passed to `watch` for this owner's sockets.
  func enlist(_ owner: any SocketOwner) -> Int {
    owners.append(owner)
    return owners.count - 1
  }

  /// Ends the references to all owners, which hold the poller themselves.
  func dismiss() { owners = [] }

  func watch(_ socket: Int32, owner: Int, slot: Int, for readiness: Readiness) throws(BenchError) {
    try control(EPOLL_CTL_ADD, socket, owner: owner, slot: slot, readiness)
  }

  func rewatch(_ socket: Int32, owner: Int, slot: Int, for readiness: Readiness) throws(BenchError) {
    try control(EPOLL_CTL_MOD, socket, owner: owner, slot: slot, readiness)
  }

  private func control(_ operation: Int32, _ socket: Int32, owner: Int, slot: Int, _ readiness: Readiness)
    throws(BenchError)
  {
    var event = epoll_event()
    event.events = readiness.rawValue
    event.data.u64 = UInt64(owner) << 32 | UInt64(slot)
    guard epoll_ctl(descriptor, operation, socket, &event) == 0 else { throw .system(call: "epoll_ctl", code: errno) }
  }

  /// Serves what is ready, waiting for at most `milliseconds` (0: not at all).
  func turn(waiting milliseconds: Int32) throws(BenchError) {
    try serve(epoll_wait(descriptor, &events, Int32(events.count), milliseconds))
  }

  /// Serves what is ready until `time`. The kernel may sleep 50 µs too long: the last of it is spent awake.
  func turn(until time: MonotonicTime) throws(BenchError) {
    let left = time.seconds(since: Clock.now) - 60e-6
    guard left > 0 else { return try turn(waiting: 0) }
    var wait = timespec(tv_sec: Int(left), tv_nsec: Int((left - left.rounded(.down)) * 1e9))
    try serve(epoll_pwait2(descriptor, &events, Int32(events.count), &wait, nil))
  }

  private func serve(_ count: Int32) throws(BenchError) {
    guard count >= 0 else {
      if errno == EINTR { return }
      throw .system(call: "epoll_wait", code: errno)
    }
    for i in 0..<Int(count) {
      let token = events[i].data.u64
      let owner = Int(token >> 32)
      guard owner < owners.count else { continue }
      try owners[owner].ready(Int(token & 0xffff_ffff), for: Readiness(rawValue: events[i].events))
    }
  }

  /// Serves until `done`; an error when that takes longer than `seconds`.
  func run(upTo seconds: Double, waitingFor subject: String, until done: () -> Bool) throws(BenchError) {
    let deadline = Clock.now.advanced(bySeconds: seconds)
    while !done() {
      try turn(waiting: 100)
      guard Clock.now < deadline else { throw .timeout(waitingFor: subject, seconds: seconds) }
    }
  }

  /// Serves for `seconds`.
  func run(for seconds: Double) throws(BenchError) {
    let deadline = Clock.now.advanced(bySeconds: seconds)
    while true {
      let left = deadline.seconds(since: Clock.now)
      guard left > 0 else { return }
      try turn(waiting: Int32(min(left * 1000 + 1, 100)))
    }
  }
}

/// CLOCK_MONOTONIC, which all processes of the machine share.
enum Clock {
  static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  static var unix: UnixTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixTime(seconds: UInt32(clamping: time.tv_sec))
  }
}
