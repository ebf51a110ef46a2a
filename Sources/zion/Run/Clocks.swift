import Glibc
import NIOCore
import Proxy
import Stratum

/// The clocks of the running process; everything below takes them as arguments.
enum Clocks {
  /// The event loops' clock.
  @Sendable static func uptime() -> MonotonicTime {
    MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds)
  }

  @Sendable static func wall() -> UnixTime { UnixTime(seconds: UInt32(clamping: wallMilliseconds() / 1000)) }

  /// Milliseconds since 1970.
  @Sendable static func wallMilliseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    #if CHAOS
      now.tv_sec += TroubledClock.offsetSeconds()
    #endif
    return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
  }
}
