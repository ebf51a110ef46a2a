import Glibc

/// A process that is measured from outside: started from this same binary, watched through /proc, ended with us.
public final class ChildProcess {
  let name: String
  let id: pid_t
  private let logPath: String
  private var hasEnded = false

  /// Runs `executable` with `arguments`; what it prints goes to `logPath`.
  init(name: String, executable: String, arguments: [String], logPath: String) throws(BenchError) {
    self.name = name
    self.logPath = logPath
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    var texts = ([executable] + arguments).map { strdup($0) } + [nil]
    var environment = ProcFile.environment().map { strdup($0) } + [nil]
    defer { for text in texts + environment { free(text) } }
    var child: pid_t = 0
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    Self.separate(&attributes)
    let code = posix_spawn(&child, executable, &files, &attributes, &texts, &environment)
    guard code == 0 else { throw .system(call: "posix_spawn", code: code) }
    id = child
  }

  deinit { stop() }

  /// In a session of its own, as what is measured and what loads it have elsewhere: Linux divides the processors
  /// between sessions first (`sched_autogroup_enabled`, sched(7)), and between the threads of each then. Signals that
  /// we ignore are not ignored there.
  private static func separate(_ attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // POSIX_SPAWN_SETSID of <spawn.h>, which Swift's Glibc leaves out.
    let inOwnSession: Int32 = 0x80
    posix_spawnattr_setflags(&attributes, Int16(inOwnSession) | Int16(POSIX_SPAWN_SETSIGDEF))
  }

  /// Asks all that this process has started to end. For when it ends itself.
  public static func stopAll() {
    guard let folder = opendir("/proc") else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let id = pid_t(name), let parent = ProcFile.statistics(of: id).dropFirst().first else { continue }
      if parent == "\(getpid())" { kill(id, SIGTERM) }
    }
  }

  /// Waits until it accepts connections on `port`.
  func waitUntilListening(on port: UInt16, seconds: Double = 20) throws(BenchError) {
    let deadline = Clock.now.advanced(bySeconds: seconds)
    while !Loopback.answers(on: port) {
      try check()
      guard Clock.now < deadline else {
        throw .process(name: name, problem: "does not listen on port \(port) after \(Int(seconds)) s", log: logTail)
      }
      usleep(20_000)
    }
  }

  /// Waits until it has printed `words`, so many times.
  func wait(for words: String, times: Int = 1, seconds: Double) throws(BenchError) {
    let deadline = Clock.now.advanced(bySeconds: seconds)
    while String(decoding: ProcFile.read(logPath), as: UTF8.self).ranges(of: words).count < times {
      try check()
      guard Clock.now < deadline else {
        throw .process(name: name, problem: "did not say “\(words)” in \(Int(seconds)) s", log: logTail)
      }
      usleep(20_000)
    }
  }

  /// - Throws: `.process` when it has ended.
  func check() throws(BenchError) {
    var status: Int32 = 0
    guard !hasEnded, waitpid(id, &status, WNOHANG) == id else { return }
    hasEnded = true
    throw .process(name: name, problem: "ended by itself with wait status \(status)", log: logTail)
  }

  /// Whether it has ended.
  /// - Throws: `.process` when it ended with anything but status 0.
  func isDone() throws(BenchError) -> Bool {
    var status: Int32 = 0
    guard !hasEnded else { return true }
    guard waitpid(id, &status, WNOHANG) == id else { return false }
    hasEnded = true
    guard status == 0 else {
      throw .process(name: name, problem: "ended with wait status \(status)", log: logTail)
    }
    return true
  }

  /// Waits for its end, with nothing else to do.
  func finish(within seconds: Double) throws(BenchError) {
    let deadline = Clock.now.advanced(bySeconds: seconds)
    while try !isDone() {
      guard Clock.now < deadline else {
        throw .process(name: name, problem: "has not ended after \(Int(seconds)) s", log: logTail)
      }
      usleep(20_000)
    }
  }

  /// Asks it to end, and ends it when it has not after 5 s.
  func stop() {
    guard !hasEnded else { return }
    hasEnded = true
    kill(id, SIGTERM)
    var status: Int32 = 0
    for _ in 0..<250 {
      if waitpid(id, &status, WNOHANG) == id { return }
      usleep(20_000)
    }
    kill(id, SIGKILL)
    waitpid(id, &status, 0)
  }

  /// Resident memory in bytes.
  func residentBytes() throws(BenchError) -> Int {
    for line in ProcFile.read("/proc/\(id)/status").split(separator: UInt8(ascii: "\n")) {
      guard line.starts(with: "VmRSS:".utf8) else { continue }
      let digits = line.filter { (48...57).contains($0) }
      if let kibibytes = Int(String(decoding: digits, as: UTF8.self)) { return kibibytes * 1024 }
    }
    throw .process(name: name, problem: "has no VmRSS", log: logTail)
  }

  /// Processor time that it has used, user and system, in seconds; in steps of a clock tick (10 ms).
  func processorSeconds() throws(BenchError) -> Double {
    let fields = ProcFile.statistics(of: id)
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
    else { throw .process(name: name, problem: "has no /proc/\(id)/stat", log: logTail) }
    return (user + system) / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
  }

  /// The last lines that it printed.
  var logTail: String {
    let lines = ProcFile.read(logPath).split(separator: UInt8(ascii: "\n")).suffix(12)
    return lines.map { "  " + String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }
}

/// Small files of the system, read whole.
enum ProcFile {
  /// Empty when it cannot be read.
  static func read(_ path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// What `/proc/ID/stat` says from the third field on, the state (proc_pid_stat(5)); empty when there is none.
  static func statistics(of id: pid_t) -> [String] {
    // The second field is the name in parentheses, which may hold blanks: count from its end.
    let text = read("/proc/\(id)/stat")
    guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return [] }
    return text[(end + 1)...].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Where a symbolic link points; the link itself when that cannot be told.
  static func target(of path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : path
  }

  static func environment() -> [String] {
    read("/proc/self/environ").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
