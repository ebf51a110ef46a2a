import Stratum

/// Lines of miners that come with `login`.
///
/// Source: `reference/zion.md` §3.2 and §3.5.
extension GoldenLines {
  private static func share(_ nonce: UInt64, job: JobID? = JobID(0xbf), mix: Hash256? = nil) -> ClientMessage {
    .submit(ShareSubmission(user: "", job: job, .nonce(nonce, mixHash: mix)))
  }

  static let loginClient: [(name: String, line: String, message: ClientMessage)] = [
    (
      "XMRig logs in",
      #"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"ZION_abc.rig","pass":"x","agent":"XMRig/6.21.0 "#
        + #"(Linux x86_64) libuv/1.44.2 gcc/11.4.0","rigid":"rig","algo":["rx/0","cn/r","kawpow"]}}"#,
      .login(
        LoginRequest(
          user: "ZION_abc.rig", password: "x", userAgent: "XMRig/6.21.0 (Linux x86_64) libuv/1.44.2 gcc/11.4.0",
          algorithms: ["rx/0", "cn/r", "kawpow"]))
    ),
    (
      "ZION's Yescrypt miner logs in",
      #"{"id": 1, "jsonrpc": "2.0", "method": "login", "params": {"login": "Z3wallet", "pass": "yescrypt", "#
        + #""agent": "ZION-Yescrypt-Miner/1.0"}}"#,
      .login(LoginRequest(user: "Z3wallet", password: "yescrypt", userAgent: "ZION-Yescrypt-Miner/1.0"))
    ),
    (
      "ZION's C++ miner logs in",
      #"{"id":1,"method":"login","params":{"login":"w","pass":"worker1","agent":"zion-miner/1.4"}}"#,
      .login(LoginRequest(user: "w", password: "worker1", userAgent: "zion-miner/1.4"))
    ),
    (
      "one algorithm by name",
      #"{"id":1,"method":"login","params":{"algorithm":"kawpow","login":"w"}}"#,
      .login(LoginRequest(user: "w", algorithms: ["kawpow"]))
    ),
    (
      "both words for the algorithm",
      #"{"id":1,"method":"login","params":{"login":"w","algo":"yespower","algorithm":["kawpow",5,"scrypt"]}}"#,
      .login(LoginRequest(user: "w", algorithms: ["yespower", "kawpow"]))
    ),
    (
      "what is not text is as if it were not there",
      #"{"id":1,"method":"login","params":{"login":"w","pass":null,"agent":7,"algo":null,"rigid":{}}}"#,
      .login(LoginRequest(user: "w"))
    ),
    (
      "XMRig submits",
      #"{"id":2,"jsonrpc":"2.0","method":"submit","params":{"id":"0000000700000001","job_id":"bf","nonce":"d0030040","#
        + #""result":""# + mixHex + #"","algo":"rx/0"}}"#,
      share(0xd003_0040)
    ),
    (
      "a nonce with 0x",
      #"{"id":3,"method":"submit","params":{"id":"a","job_id":"000000bf","nonce":"0x1a2b","result":"00"}}"#,
      share(0x1a2b)
    ),
    (
      "a nonce of odd digits",
      #"{"id":3,"method":"submit","params":{"job_id":"BF","nonce":"abc","result":"0123456789abcdef"}}"#, share(0xabc)
    ),
    (
      "a nonce without an opinion on its result",
      #"{"id":3,"method":"submit","params":{"job_id":"bf","nonce":"0"}}"#, share(0)
    ),
    (
      "a job that is none of ours",
      #"{"id":3,"method":"submit","params":{"id":"a","job_id":"zion_rx_000001","nonce":"00000001"}}"#,
      share(1, job: nil)
    ),
    (
      "a KawPow miner submits",
      #"{"id":4,"method":"submit","params":{"id":"a","job_id":"bf","nonce":"64290b0000a1b2c3","mix_hash":"0x"#
        + mixHex + #""}}"#,
      share(0x6429_0b00_00a1_b2c3, mix: wireHash(mixHex))
    ),
    (
      "XMRig keeps alive",
      #"{"id":5,"jsonrpc":"2.0","method":"keepalived","params":{"id":"0000000700000001"}}"#, .keepAlive
    ),
  ]
}
