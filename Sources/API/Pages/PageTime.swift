import Glibc

/// How times are written for clients that want no numbers.
enum PageTime {
  /// `2026-11-28T23:22:13Z`, from seconds since 1970. By the C library: a page may have a hundred of them.
  static func text(_ seconds: Int64) -> String {
    var (time, parts) = (time_t(seconds), tm())
    gmtime_r(&time, &parts)
    return String(unsafeUninitializedCapacity: 48) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress, $0.count, "%FT%TZ", &parts) }
    }
  }

  /// `2026-11-28`
  static func day(_ seconds: Int64) -> String { String(text(seconds).prefix(10)) }

  static func year(_ seconds: Int64) -> Int { Int(text(seconds).prefix(4)) ?? 1970 }
}
