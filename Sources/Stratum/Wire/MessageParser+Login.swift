/// The one-step login of ZION's own miners and of XMRig: `login`, `submit` and `keepalived` with named parameters.
///
/// Source: `reference/zion.md` §3.2 and §3.5.
extension MessageParser {
  static func login(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> LoginRequest {
    let expected = "login needs {login, pass, agent, algo}: text, and algo a text or a list of them"
    guard envelope.parameters.kind == .object else { throw .wrongParameters(expected) }
    var request = LoginRequest(user: "")
    var members = JSONMembers(of: envelope.parameters, stringLimit: Limits.stringBytes)
    while let (key, value) = try members.next(in: line) {
      let isText = value.kind == .string
      if key.equals("login", in: line), isText {
        request.user = try value.text(in: line)
      } else if key.equals("pass", in: line), isText {
        request.password = try value.text(in: line)
      } else if key.equals("agent", in: line), isText {
        request.userAgent = try value.text(in: line)
      } else if key.equals("algo", in: line) || key.equals("algorithm", in: line) {
        request.algorithms += try names(value, line)
      }
    }
    guard !request.user.isEmpty else { throw .wrongParameters(expected) }
    return request
  }

  private static func names(_ value: JSONValue, _ line: RawSpan) throws(WireError) -> [String] {
    if value.kind == .string { return [try value.text(in: line)] }
    var names: [String] = []
    var items = JSONItems(of: value, stringLimit: Limits.stringBytes)
    while let item = try items.next(in: line) {
      guard item.kind == .string, names.count < Limits.parameterCount else { break }
      names.append(try item.text(in: line))
    }
    return names
  }

  /// `{id, job_id, nonce, result}`; for KawPow `mix_hash` too. The result is the miner's opinion, and not looked at.
  static func loginSubmission(
    _ envelope: borrowing Envelope, _ line: RawSpan, _ dialect: Algorithm.Dialect
  ) throws(WireError) -> ShareSubmission {
    guard envelope.parameters.kind == .object else {
      throw .wrongParameters("submit needs {id, job_id, nonce, result}")
    }
    var (job, nonce, mix) = (JSONValue.absent, JSONValue.absent, JSONValue.absent)
    var members = JSONMembers(of: envelope.parameters, stringLimit: Limits.stringBytes)
    while let (key, value) = try members.next(in: line) {
      if key.equals("job_id", in: line) { job = value }
      if key.equals("nonce", in: line) { nonce = value }
      if key.equals("mix_hash", in: line) { mix = value }
    }
    guard job.kind == .string else { throw .wrongParameters("submit: the job id must be a string") }
    guard let number = nonce.shortNumber(in: line) else {
      throw .wrongParameters("submit: the nonce must be 1 to 16 hex digits")
    }
    guard dialect == .kawpow || number <= UInt32.max else {
      throw .wrongParameters("submit: the nonce must be at most 4 bytes of hex")
    }
    let mixHash = mix.prefixedHash(in: line)
    guard mixHash != nil || mix.isNothing else {
      throw .wrongParameters("submit: the mix hash must be 32 bytes of hex")
    }
    return ShareSubmission(user: "", job: job.hexWord(in: line).map { JobID($0) }, .nonce(number, mixHash: mixHash))
  }
}
