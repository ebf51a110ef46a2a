import Glibc
import Stratum

/// Seconds since 1970 by the system's clock, for nTime.
func wallClock() -> UnixTime {
  UnixTime(seconds: UInt32(clamping: time(nil)))
}
