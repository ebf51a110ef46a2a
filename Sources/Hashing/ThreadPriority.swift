import CScheduler
import Glibc

/// How much of the processor the calling thread asks for. Linux takes it for the thread alone, not for the process; a
/// refusal leaves it as it is.
public enum ThreadPriority {
  /// SCHED_IDLE of sched(7): gives way at once to any thread that wants to run.
  public static func runWhenIdle() {
    var parameters = sched_param()
    _ = sched_setscheduler(0, 5, &parameters)
  }

  /// As much as others get, in pieces as short as there are: whoever asks for little at a time need not wait until
  /// others have used up theirs (EEVDF, `sched_runtime` of sched_setattr(2) for SCHED_OTHER, Linux 6.12; older kernels
  /// take no notice).
  public static func runSoon() {
    var attributes = zion_sched_attr()
    guard zion_sched_getattr(&attributes) == 0, attributes.runtime != shortestSlice else { return }
    attributes.runtime = shortestSlice
    _ = zion_sched_setattr(&attributes)
  }

  /// Nanoseconds; the least that Linux takes.
  static let shortestSlice: UInt64 = 100_000

  /// A tenth of what others get.
  public static func runBelow() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
}
