import Glibc

/// How much of the processor the calling thread asks for. Linux takes both for the thread alone, not for the process; a
/// refusal leaves it as it is.
public enum ThreadPriority {
  /// SCHED_IDLE of sched(7): gives way at once to any thread that wants to run.
  static func runWhenIdle() {
    var parameters = sched_param()
    _ = sched_setscheduler(0, 5, &parameters)
  }

  /// A tenth of what others get.
  public static func runBelow() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
}
