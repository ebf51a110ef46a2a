import Stratum

/// Lines of KawPow miners and of Ravencoin's pools.
///
/// Source: `reference/proxies.md` §4.2.
extension GoldenLines {
  static let headerHex = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809"
  static let seedHex = "290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563"
  static let mixHex = "f00dfacef00dfacef00dfacef00dfacef00dfacef00dfacef00dfacef00dfa11"
  static let targetHex = "00000009f6000000000000000000000000000000000000000000000000000000"

  /// From hex digits in the order of the wire.
  static func wireHash(_ digits: String) -> Hash256 { Hex.decode(digits).flatMap { Hash256(bytes: $0) } ?? .zero }

  static let kawpowSubmission = ShareSubmission(
    user: "RVNaddress.rig", job: JobID(0x2f1a),
    .kawpow(
      KawPowSolution(nonce: 0x6429_0b00_00a1_b2c3, headerHash: wireHash(headerHex), mixHash: wireHash(mixHex))))

  static let kawpowClient: [(name: String, line: String, message: ClientMessage)] = [
    (
      "kawpowminer subscribes", #"{"id":1,"method":"mining.subscribe","params":["kawpowminer/1.2.4"]}"#,
      .subscribe(userAgent: "kawpowminer/1.2.4", resume: nil)
    ),
    (
      "GMiner subscribes",
      #"{"id":1,"method":"mining.subscribe","params":["GMiner/3.44",null,"rvn.pool.example","3333"]}"#,
      .subscribe(userAgent: "GMiner/3.44", resume: nil)
    ),
    (
      "kawpowminer authorizes",
      #"{"id":3,"jsonrpc":"2.0","method":"mining.authorize","params":["RVNaddress.rig","x"],"worker":""}"#,
      .authorize(user: "RVNaddress.rig", password: "x")
    ),
    (
      "kawpowminer submits",
      #"{"id":40,"jsonrpc":"2.0","method":"mining.submit","params":["RVNaddress.rig","2f1a","0x64290b0000a1b2c3","0x"#
        + headerHex + #"","0x"# + mixHex + #""],"worker":"rig"}"#,
      .submit(kawpowSubmission)
    ),
    (
      "XMRig submits without 0x",
      #"{"id":7,"jsonrpc":"2.0","method":"mining.submit","params":["RVNaddress.rig","2f1a","64290b0000a1b2c3",""#
        + headerHex + #"",""# + mixHex + #""]}"#,
      .submit(kawpowSubmission)
    ),
    (
      "a miner submits in capitals",
      #"{"id":7,"method":"mining.submit","params":["RVNaddress.rig","2F1A","0X64290B0000A1B2C3","0X"#
        + headerHex.uppercased() + #"","0X"# + mixHex.uppercased() + #""]}"#,
      .submit(kawpowSubmission)
    ),
    (
      "a miner submits more than is asked for",
      #"{"id":7,"method":"mining.submit","params":["RVNaddress.rig","00002f1a","0x64290b0000a1b2c3","0x"# + headerHex
        + #"","0x"# + mixHex + #"",{"gpu":0},null],"latency":[12]}"#,
      .submit(kawpowSubmission)
    ),
    (
      "a miner wants extranonces", #"{"id":2,"method":"mining.extranonce.subscribe","params":[]}"#,
      .extranonceSubscribe
    ),
    (
      "kawpowminer reports its speed",
      #"{"id":9,"jsonrpc":"2.0","method":"eth_submitHashrate","params":["0x1c9c380","0x"# + seedHex
        + #""],"worker":"rig"}"#,
      .reportHashrate(Hashrate(30_000_000))
    ),
    (
      "a miner reports 32 bytes of speed",
      #"{"id":9,"method":"eth_submitHashrate","params":["0x"# + String(repeating: "0", count: 57) + #"1c9c380","a"]}"#,
      .reportHashrate(Hashrate(30_000_000))
    ),
    (
      "kawpowminer knows no set_extranonce", #"{"error":"Method not found","id":"0"}"#,
      .refusal(message: "Method not found")
    ),
    (
      "another knows none either", #"{"id":null,"error":{"code":-32601,"message":"Method not found"}}"#,
      .refusal(message: "")
    ),
    (
      "a third says it in an array", #"{"id":null,"result":null,"error":[-3,"Method not found",null]}"#,
      .refusal(message: "")
    ),
  ]

  static let prefix = Extranonce([0x64, 0x29, 0x0b]) ?? .empty

  static let kawpowNotice = JobNotice(
    jobID: "2f1a",
    .kawpow(KawPowWork(headerHash: wireHash(headerHex), seedHash: wireHash(seedHex), height: 1_234_567)),
    nBits: 0x1b00_ec12, cleanJobs: true, target: Target(UInt256(hex: targetHex) ?? .zero))

  private static func subscription(_ session: String?, _ prefix: Extranonce, _ rest: Int?) -> ServerMessage {
    .response(
      id: RequestID(1), .success(.subscription(sessionID: session, prefix, extranonce2ByteCount: rest)))
  }

  static let kawpowServer: [(name: String, line: String, message: ServerMessage)] = [
    ("a prefix", #"{"id":1,"result":[null,"64290b"],"error":null}"#, subscription(nil, prefix, nil)),
    (
      "a prefix behind two subscriptions",
      #"{"id":1,"result":[[["mining.set_target","5e"],["mining.notify","5e"]],"64290b"],"error":null}"#,
      subscription("5e", prefix, nil)
    ),
    (
      "a prefix and the bytes that are left",
      #"{"id":1,"result":[[["mining.set_difficulty","5e"],["mining.notify","5e"]],"64290b",5],"error":null}"#,
      subscription("5e", prefix, 5)
    ),
    (
      "a prefix behind a list of names",
      #"{"id":1,"result":[["mining.notify","5e","EthereumStratum/1.0.0"],"64290b"],"error":null}"#,
      subscription("5e", prefix, nil)
    ),
    ("a prefix behind a text", #"{"id":1,"result":["5e","64290b"],"error":null}"#, subscription(nil, prefix, nil)),
    ("an empty prefix", #"{"id":1,"result":[null,""],"error":null}"#, subscription(nil, .empty, nil)),
    ("no prefix", #"{"id":1,"result":[null,null],"error":null}"#, subscription(nil, .empty, nil)),
    (
      "a target", #"{"id":null,"method":"mining.set_target","params":[""# + targetHex + #""]}"#,
      .setTarget(Target(UInt256(hex: targetHex) ?? .zero))
    ),
    (
      "a job",
      #"{"id":null,"method":"mining.notify","params":["2f1a",""# + headerHex + #"",""# + seedHex + #"",""# + targetHex
        + #"",true,1234567,"1b00ec12"]}"#,
      .notify(kawpowNotice)
    ),
    (
      "a job with a quoted height and 0x",
      #"{"id":null,"method":"mining.notify","params":["2f1a","0x"# + headerHex + #"","0x"# + seedHex + #"",""#
        + targetHex + #"",true,"1234567","1B00EC12"],"algo":"kawpow"}"#,
      .notify(kawpowNotice)
    ),
    (
      "another prefix", #"{"id":null,"method":"mining.set_extranonce","params":["64290b"]}"#,
      .setExtranonce(prefix, extranonce2ByteCount: nil)
    ),
    (
      "a wrong nonce", #"{"id":40,"result":null,"error":[20,"incorrect size of nonce, must be 8 bytes"]}"#,
      .response(id: RequestID(40), .failure(code: 20, message: "incorrect size of nonce, must be 8 bytes"))
    ),
  ]
}
