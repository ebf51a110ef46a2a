#if CHAOS
  import Glibc

  /// How far the wall clock is off, in builds for `zion chaos` only: the file that `ZION_CHAOS_CLOCK` names says it in
  /// seconds, and is read each time.
  public enum TroubledClock {
    public static func offsetSeconds() -> Int {
      guard let name = getenv("ZION_CHAOS_CLOCK") else { return 0 }
      let file = open(name, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { return 0 }
      defer { close(file) }
      var text = [UInt8](repeating: 0, count: 16)
      let count = read(file, &text, text.count)
      return Int(String(decoding: text.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)) ?? 0
    }
  }
#endif
