import Glibc
import Stratum

/// Seconds since 1970 by the system's clock, for nTime.
func wallClock() -> UnixTime {
  #if CHAOS
    return UnixTime(seconds: UInt32(clamping: time(nil) + TroubledClock.offsetSeconds()))
  #else
    return UnixTime(seconds: UInt32(clamping: time(nil)))
  #endif
}
