import Glibc
import NIOPosix

/// The program file that this process runs, and how another takes its place.
struct ProcessImage: Sendable {
  /// As it was called: a link to a newer version, or a file that was replaced, is followed anew.
  let path: String

  init() {
    let called = CommandLine.arguments.first ?? ""
    if called.contains("/") {
      path = called
      return
    }
    var folders = ""
    if let path = getenv("PATH") { folders = String(cString: path) }
    let files: [String] = folders.split(separator: ":").map { "\($0)/\(called)" }
    let found = files.first { access($0, X_OK) == 0 }
    path = found ?? "/proc/self/exe"
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Whether the file, started beside this process, can read the configuration and what is left to it.
  /// - Throws: what it said, or that it did not answer.
  func check(handOver file: Int32) async throws {
    let path = path
    try await NIOThreadPool.singleton.runIfActive {
      let arguments = CommandLine.arguments.dropFirst() + ["--check-hand-over"]
      let child = try Self.spawn(path, Array(arguments), handOver: file)
      // Seconds are enough for a program that only reads; one that hangs must not keep miners waiting.
      for _ in 0..<Self.checkSeconds * 20 {
        var status: Int32 = 0
        if waitpid(child, &status, WNOHANG) == child {
          guard status == 0 else { throw Failed(description: "\(path) refused it, and said why above") }
          return
        }
        usleep(50_000)
      }
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
      throw Failed(description: "\(path) did not answer within \(Self.checkSeconds) s")
    }
  }

  private static let checkSeconds = 5

  private static func spawn(_ path: String, _ arguments: [String], handOver file: Int32) throws -> pid_t {
    var texts = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = environment(handOver: file).map { strdup($0) } + [nil]
    defer { for text in texts + variables { free(text) } }
    var child = pid_t()
    let code = posix_spawn(&child, path, nil, nil, &texts, &variables)
    guard code == 0 else { throw Failed(description: "\(path): \(String(cString: strerror(code)))") }
    return child
  }

  private static func environment(handOver file: Int32) -> [String] {
    var all: [String] = []
    var next = environ
    while let text = next.pointee {
      all.append(String(cString: text))
      next += 1
    }
    return all.filter { !$0.hasPrefix("\(HandOver.variable)=") } + ["\(HandOver.variable)=\(file)"]
  }

  /// Becomes the program in the file, with the same arguments and process number. All descriptors but these are closed.
  /// - Returns: only when that failed.
  func replace(handOver file: Int32, keeping sockets: [Int32]) -> Failed {
    if let folder = opendir("/proc/self/fd") {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      }
      closedir(folder)
    }
    for descriptor in sockets + [file] { _ = fcntl(descriptor, F_SETFD, 0) }
    // What this thread keeps away from itself the next image would never hear.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    setenv(HandOver.variable, "\(file)", 1)
    execv(path, CommandLine.unsafeArgv)
    return Failed(description: "\(path): \(String(cString: strerror(errno)))")
  }
}
