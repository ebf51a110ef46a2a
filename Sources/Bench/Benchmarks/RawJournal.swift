import Glibc

/// The most that a journal could do: the same bytes appended in batches of the same size, each followed by
/// `fdatasync`, with nothing to decide and nobody to answer.
public enum RawJournal {
  /// Records per second over about `seconds`, in a new file in `directory`.
  public static func recordsPerSecond(recordBytes: Int, batch: Int, seconds: Double, directory: String)
    throws(BenchError) -> Double
  {
    let folder = try BenchFolder(in: directory)
    let path = folder.path + "/raw"
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .system(call: "open \(path)", code: errno) }
    defer { close(file) }
    let bytes = [UInt8](repeating: 0x5a, count: max(1, recordBytes * batch))
    let start = Clock.now
    var records = 0
    while Clock.now.seconds(since: start) < seconds {
      guard write(file, bytes, bytes.count) == bytes.count else { throw .system(call: "write", code: errno) }
      guard fdatasync(file) == 0 else { throw .system(call: "fdatasync", code: errno) }
      records += batch
    }
    return Double(records) / Clock.now.seconds(since: start)
  }
}
