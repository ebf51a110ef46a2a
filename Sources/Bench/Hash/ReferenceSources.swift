import Glibc

/// The C programs that the kernels are compared with, compiled where the benchmark runs.
struct ReferenceSources {
  let directory: String
  /// What to compile with: CC of the environment, words separated by blanks.
  let compiler: [String]
  private let folder: BenchFolder

  /// - Throws: `.reference` without the folder or a compiler.
  init(directory: String, workingIn parent: String) throws(BenchError) {
    self.directory = directory
    compiler = (getenv("CC").map { String(cString: $0) } ?? "cc").split(separator: " ").map(String.init)
    guard access(directory, R_OK | X_OK) == 0 else {
      throw .reference("there is no folder \(directory); run from the project's folder or give --references")
    }
    folder = try BenchFolder(in: parent)
    guard try Self.run(compiler + ["--version"], log: folder.path + "/version") == 0 else {
      throw .reference("\(compiler.joined(separator: " ")) does not work: name a C compiler in CC")
    }
  }

  /// Compiles and loads `name`.c.
  ///
  /// - Throws: `.reference` with what is missing, in a sentence.
  func load(_ name: String) throws(BenchError) -> SharedObject {
    let source = "\(directory)/\(name).c"
    guard access(source, R_OK) == 0 else {
      throw .reference("there is no \(source)")
    }
    let (object, log) = ("\(folder.path)/\(name).so", "\(folder.path)/\(name).log")
    let command = compiler + ["-O3", "-fPIC", "-shared", "-o", object, source, "-lcrypto"]
    let status = try Self.run(command, log: log)
    guard status == 0 else {
      let words = command.joined(separator: " ")
      throw .process(
        name: words, problem: "failed", log: String(decoding: ProcFile.read(log).suffix(2000), as: UTF8.self))
    }
    return try SharedObject(object)
  }

  /// The exit status of a program; what it prints goes to `log`.
  private static func run(_ command: [String], log: String) throws(BenchError) -> Int32 {
    guard let program = command.first else { throw .reference("CC is empty: name a C compiler or unset it") }
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    var texts = command.map { strdup($0) } + [nil]
    var environment = ProcFile.environment().map { strdup($0) } + [nil]
    defer { for text in texts + environment { free(text) } }
    var child: pid_t = 0
    guard posix_spawnp(&child, program, &files, nil, &texts, &environment) == 0 else {
      throw .reference("\(program) cannot be started: install a C compiler or name one in CC")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
