import Glibc
import Yams

/// Files with secrets that a configuration names: who else may read them.
struct SecretChecks {
  let path: String

  func run() -> [DoctorFinding] {
    guard let text = try? TextFile.read(path), let root = try? Yams.compose(yaml: text) else { return [] }
    var files: [(key: String, file: String)] = []
    var isSecret = false
    Self.walk(root, key: "", depth: 0) { key, value in
      if key.hasSuffix("_file"), key.contains("token") || key.contains("password") || key.contains("secret") {
        files.append((key, TextFile.path(value, besides: path)))
      } else if key == "api.token" || value.contains("://") && Self.holdsPassword(value) {
        isSecret = true
      }
    }
    var findings = files.map { Self.judge($0.file, key: $0.key, mode: Self.mode(of: $0.file)) }
    if isSecret, let mode = Self.mode(of: path), mode & 0o007 != 0 {
      findings.append(
        .warning(
          "secrets", "\(path) holds passwords, and everybody on this machine may read it (mode \(Self.octal(mode)))",
          do: "chmod 640 \(path), or put the secret into a file of its own (api.token_file)"))
    }
    return findings.isEmpty ? [.ok("secrets", "no file with a secret is open to others")] : findings
  }

  /// - Parameter mode: permission bits; `nil` when there is no such file.
  static func judge(_ file: String, key: String, mode: mode_t?) -> DoctorFinding {
    guard let mode else {
      return .fault("secrets", "\(key): there is no file \(file)", do: "make it, or write another path")
    }
    guard mode & 0o027 == 0 else {
      let who = mode & 0o007 != 0 ? "everybody on this machine" : "its group"
      let may = mode & 0o022 != 0 ? "may change" : "may read"
      return .fault(
        "secrets", "\(key): \(who) \(may) \(file) (mode \(octal(mode)))",
        do: "chmod 600 \(file), and make another secret: this one may be known")
    }
    return .ok("secrets", "\(key): \(file) is for its owner\(mode & 0o040 != 0 ? " and group" : "") alone")
  }

  private static func octal(_ mode: mode_t) -> String { String(mode, radix: 8) }

  private static func mode(of file: String) -> mode_t? {
    var status = stat()
    return stat(file, &status) == 0 ? status.st_mode & 0o777 : nil
  }

  /// `http://user:password@host`
  private static func holdsPassword(_ url: String) -> Bool {
    guard let scheme = url.firstRange(of: "://") else { return false }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return false }
    return authority[..<at].contains(":")
  }

  /// All texts with the dotted names of their keys; not deeper than any configuration is.
  private static func walk(_ node: Node, key: String, depth: Int, _ body: (String, String) -> Void) {
    guard depth < 16 else { return }
    switch node {
    case .scalar(let scalar): body(key, scalar.string)
    case .mapping(let mapping):
      for (name, value) in mapping {
        let own = name.string ?? ""
        walk(value, key: key.isEmpty ? own : "\(key).\(own)", depth: depth + 1, body)
      }
    case .sequence(let nodes): for node in nodes { walk(node, key: key, depth: depth + 1, body) }
    default: break
    }
  }
}
