/// Answers and jobs for miners that came with `login`: compact JSON-RPC 2.0, whose clients look for `"status":"OK"`.
///
/// Source: `reference/zion.md` §3.2, §3.4 (codes) and §3.5.
extension MessageWriter {
  /// `{"id":2,"jsonrpc":"2.0","result":{"status":"OK"}}`, without `error`.
  static func loginStatus(_ id: RequestID, _ status: StaticString, into out: inout [UInt8]) {
    beginLoginReply(id, into: &out)
    out.append(",\"result\":{\"status\":\"")
    out.append(status)
    out.append("\"}}\n")
  }

  /// `{"id":2,"jsonrpc":"2.0","error":{"code":-4,"message":"Duplicate share"}}`
  static func loginError(_ id: RequestID, code: Int, message: String, into out: inout [UInt8]) {
    beginLoginReply(id, into: &out)
    out.append(",\"error\":{\"code\":")
    out.append(decimal: loginCode(code))
    out.append(",\"message\":")
    out.append(quoted: message)
    out.append("}}\n")
  }

  private static func loginCode(_ code: Int) -> Int {
    switch code {
    case 21: -7
    case 22: -4
    case 23: -5
    case 24, 25: -code
    default: -1
    }
  }

  /// The answer to `login`, with the first job.
  static func loggedIn(_ id: RequestID, sessionID: String, _ job: LoginJob, into out: inout [UInt8]) {
    beginLoginReply(id, into: &out)
    out.append(",\"result\":{\"id\":")
    out.append(quoted: sessionID)
    out.append(",\"job\":")
    append(job, into: &out)
    out.append(",\"status\":\"OK\"}}\n")
  }

  /// `{"jsonrpc":"2.0","method":"job","params":{…}}`
  static func loginJob(_ job: LoginJob, into out: inout [UInt8]) {
    out.append("{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":")
    append(job, into: &out)
    out.append("}\n")
  }

  private static func beginLoginReply(_ id: RequestID, into out: inout [UInt8]) {
    out.append("{\"id\":")
    out.append(contentsOf: id.rawJSON.utf8)
    out.append(",\"jsonrpc\":\"2.0\"")
  }

  private static func append(_ job: LoginJob, into out: inout [UInt8]) {
    out.append("{\"job_id\":\"")
    Hex.append(job.id.value, to: &out)
    out.append("\",\"algo\":")
    out.append(quoted: job.algorithm.rawValue)
    out.append(",\"algorithm\":")
    out.append(quoted: job.algorithm.rawValue)
    if let height = job.height {
      out.append(",\"height\":")
      out.append(digitsOf: UInt64(height))
    }
    switch job.content {
    case .header(let header):
      out.append(",\"block_header\":\"")
      Hex.append(header.bytes, to: &out)
    case .kawpow(let work, let prefix):
      out.append(",\"header_hash\":\"")
      Hex.append(work.headerHash.bytes, to: &out)
      out.append("\",\"seed_hash\":\"")
      Hex.append(work.seedHash.bytes, to: &out)
      out.append("\",\"nonce_prefix\":\"")
      out.append(hex: prefix)
    }
    out.append("\",\"target\":\"")
    Hex.append(job.target.number.littleEndianBytes.reversed(), to: &out)
    out.append("\",\"difficulty\":")
    out.append(plain: job.target.difficulty(for: job.algorithm).value)
    out.append("}")
  }
}

/// A job as such a miner gets it: the whole header but for its nonce (the last 4 bytes, little-endian), or KawPow's
/// header hash with the prefix that the nonce must have.
struct LoginJob {
  enum Content {
    case header(BlockHeader)
    case kawpow(KawPowWork, prefix: Extranonce)
  }

  let id: JobID
  let algorithm: Algorithm
  let height: UInt32?
  let content: Content
  let target: Target

  /// `nil` when the job is not one of the session's.
  init?(_ job: Job, algorithm: Algorithm, agreement: Agreement, using hashes: some HashFunctions) {
    id = job.id
    self.algorithm = algorithm
    height = job.work.height
    target = agreement.target
    if let work = job.work.kawpow {
      content = .kawpow(work, prefix: agreement.seat.extranonce1)
      return
    }
    let judge = ShareJudge(algorithm: algorithm, hashes: hashes)
    let blank = ShareSubmission(user: "", job: job.id, .nonce(0, mixHash: nil))
    do throws(RejectReason) {
      guard let header = try judge.proof(of: blank, job: job, agreement: agreement).header else { return nil }
      content = .header(header)
    } catch {
      return nil
    }
  }
}
