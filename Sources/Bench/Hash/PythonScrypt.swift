import Glibc
import Stratum

/// `hashlib.scrypt` in a Python of its own, which times itself and waits for its turn.
final class PythonScrypt {
  private let process: pid_t
  private let socket: Int32

  private static let program = """
    import hashlib, sys, time
    for line in sys.stdin:
        header, count = line.split()
        header = bytes.fromhex(header)
        start = time.thread_time_ns()
        for _ in range(int(count)):
            digest = hashlib.scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)
        print(time.thread_time_ns() - start, digest.hex(), flush=True)
    """

  init() throws(BenchError) {
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
      throw .system(call: "socketpair", code: errno)
    }
    defer { close(pair[1]) }
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_adddup2(&files, pair[1], 0)
    posix_spawn_file_actions_adddup2(&files, pair[1], 1)
    let command: [String] = ["python3", "-c", Self.program]
    var texts = command.map { strdup($0) } + [nil]
    var environment = ProcFile.environment().map { strdup($0) } + [nil]
    defer { for text in texts + environment { free(text) } }
    var child: pid_t = 0
    guard posix_spawnp(&child, "python3", &files, nil, &texts, &environment) == 0 else {
      close(pair[0])
      throw .reference("there is no python3 to compare scrypt with")
    }
    (process, socket) = (child, pair[0])
  }

  /// One that has shown that it can.
  static func answering() throws(BenchError) -> PythonScrypt {
    let python = try PythonScrypt()
    _ = try python.hash(nonce: 0, count: 1)
    return python
  }

  deinit {
    // It ends when its input does.
    close(socket)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  var contender: Contender {
    Contender(
      digest: { (nonce) throws(BenchError) in try self.hash(nonce: nonce, count: 1).digest },
      seconds: { (count) throws(BenchError) in try self.hash(nonce: 0, count: count).seconds })
  }

  private func hash(nonce: UInt32, count: Int) throws(BenchError) -> (digest: [UInt8], seconds: Double) {
    let line = Array("\(Hex.encode(TrialHeader.bytes(nonce: nonce))) \(count)\n".utf8)
    guard send(socket, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
      throw .reference("Python ended before its turn")
    }
    var answer: [UInt8] = []
    while answer.last != UInt8(ascii: "\n") {
      var chunk = [UInt8](repeating: 0, count: 256)
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { throw .reference("Python's hashlib has no scrypt, or its process ended") }
      answer += chunk[..<count]
    }
    let words = String(decoding: answer.dropLast(), as: UTF8.self).split(separator: " ")
    guard words.count == 2, let nanoseconds = Double(words[0]), let digest = Hex.decode(words[1]) else {
      throw .reference("Python answered \(words.joined(separator: " "))")
    }
    return (digest, nanoseconds / 1e9)
  }
}
