import Stratum

/// Lines as real miners and pools send them, with what they mean.
enum GoldenLines {
  static let solution = BitcoinSolution(
    extranonce2: Extranonce([0, 0, 0, 1]) ?? .empty, nTime: UnixTime(seconds: 0x504e_86ed), nonce: 0xb295_7c02)

  static var rolledSolution: BitcoinSolution {
    var solution = solution
    solution.versionBits = 0x0a1f_e000
    return solution
  }

  static let submission = ShareSubmission(user: "wallet.rig", job: JobID(0xbf), .bitcoin(solution))
  static let rolled = ShareSubmission(user: "wallet.rig", job: JobID(0xbf), .bitcoin(rolledSolution))

  static let rolling = ExtensionRequest(versionRolling: .init(mask: 0xffff_ffff, minimumBitCount: 2))

  static let client: [(name: String, line: String, message: ClientMessage)] = [
    (
      "cgminer subscribes", #"{"id": 0, "method": "mining.subscribe", "params": ["cgminer/4.11.1"]}"#,
      .subscribe(userAgent: "cgminer/4.11.1", resume: nil)
    ),
    (
      "cgminer resumes", #"{"id": 2, "method": "mining.subscribe", "params": ["cgminer/4.11.1", "ae6812eb4cd7735a"]}"#,
      .subscribe(userAgent: "cgminer/4.11.1", resume: "ae6812eb4cd7735a")
    ),
    (
      "old cgminer subscribes with nothing", #"{"id": 0, "method": "mining.subscribe", "params": []}"#,
      .subscribe(userAgent: "", resume: nil)
    ),
    (
      "cgminer authorizes", #"{"id": 3, "method": "mining.authorize", "params": ["wallet.rig", "x,d=512"]}"#,
      .authorize(user: "wallet.rig", password: "x,d=512")
    ),
    (
      "cgminer submits",
      #"{"params": ["wallet.rig", "bf", "00000001", "504e86ed", "b2957c02"], "id": 6, "method": "mining.submit"}"#,
      .submit(submission)
    ),
    (
      "bmminer submits rolled bits",
      #"{"params": ["wallet.rig", "000000bf", "00000001", "504e86ed", "b2957c02", "0a1fe000"], "id": 7, "method": "#
        + #""mining.submit"}"#,
      .submit(rolled)
    ),
    (
      "bmminer wants extranonces", #"{"id": 5, "method": "mining.extranonce.subscribe", "params": []}"#,
      .extranonceSubscribe
    ),
    (
      "cgminer tells its version", #"{"id": 8, "result": "cgminer/4.11.1", "error": null}"#,
      .reply(text: "cgminer/4.11.1")
    ),
    ("cgminer answers a ping", #"{"id": 42, "result": "pong", "error": null}"#, .pong),
    (
      "Whatsminer configures",
      #"{"id":1,"method":"mining.configure","params":[["version-rolling","minimum-difficulty","#
        + #""subscribe-extranonce"],{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2,"#
        + #""minimum-difficulty.value":2048}]}"#,
      .configure(
        ExtensionRequest(
          versionRolling: .init(mask: 0x1fff_e000, minimumBitCount: 2), minimumDifficulty: Difficulty(clamping: 2048),
          subscribeExtranonce: true))
    ),
    (
      "Whatsminer subscribes", #"{"id":2,"method":"mining.subscribe","params":["whatsminer/v1.0"]}"#,
      .subscribe(userAgent: "whatsminer/v1.0", resume: nil)
    ),
    (
      "NiceHash subscribes with its signature",
      #"{"id":1,"method":"mining.subscribe","params":["NiceHash/1.0.0","1672531200000","#
        + #""5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"]}"#,
      .subscribe(userAgent: "NiceHash/1.0.0", resume: nil)
    ),
    (
      "cpuminer-opt authorizes", #"{"id": 2, "method": "mining.authorize", "params": ["wallet.cpu", "x"]}"#,
      .authorize(user: "wallet.cpu", password: "x")
    ),
    (
      "cpuminer-opt suggests a difficulty as text",
      #"{"id": 1, "method": "mining.suggest_difficulty", "params": ["0.500000"]}"#,
      .suggestDifficulty(Difficulty(clamping: 0.5))
    ),
    (
      "cpuminer-opt submits with id 4",
      #"{"method": "mining.submit", "params": ["wallet.rig", "bf", "00000001", "504e86ed", "b2957c02"], "id":4}"#,
      .submit(submission)
    ),
    (
      "bitaxe configures",
      #"{"id": 1, "method": "mining.configure", "params": [["version-rolling"], {"version-rolling.mask": "ffffffff", "#
        + #""version-rolling.min-bit-count": 2}]}"#,
      .configure(rolling)
    ),
    (
      "bitaxe subscribes", #"{"id": 2, "method": "mining.subscribe", "params": ["bitaxe/BM1370/v2.4.2"]}"#,
      .subscribe(userAgent: "bitaxe/BM1370/v2.4.2", resume: nil)
    ),
    (
      "bitaxe submits",
      #"{"id": 7, "method": "mining.submit", "params": ["wallet.rig", "bf", "00000001", "504e86ed", "b2957c02", "#
        + #""0a1fe000"]}"#,
      .submit(rolled)
    ),
    ("bitaxe answers a ping", #"{"id":42,"method":"pong","params":[]}"#, .pong),
    (
      "bitaxe suggests a difficulty", #"{"id": 4, "method": "mining.suggest_difficulty", "params": [1000]}"#,
      .suggestDifficulty(Difficulty(clamping: 1000))
    ),
    (
      "GMiner subscribes",
      #"{"id":1,"method":"mining.subscribe","params":["GMiner/2.09",null,"pool.example","3333"]}"#,
      .subscribe(userAgent: "GMiner/2.09", resume: nil)
    ),
    (
      "xmrig logs in", #"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"w","pass":"x","algo":["rx/0"]}}"#,
      .login(LoginRequest(user: "w", password: "x", algorithms: ["rx/0"]))
    ),
    (
      "an old client has no id", #"{"method":"mining.authorize","params":["wallet.rig"]}"#,
      .authorize(user: "wallet.rig", password: "")
    ),
    (
      "an old client logs in", #"{"id":"a-1","jsonrpc":"2.0","method":"mining.login","params":["wallet.rig","x"]}"#,
      .authorize(user: "wallet.rig", password: "x")
    ),
    (
      "kawpowminer reports its speed",
      #"{"id":9,"jsonrpc":"2.0","method":"eth_submitHashrate","params":["0x1c9c380","0x00"]}"#,
      .reportHashrate(Hashrate(30_000_000))
    ),
    (
      "a target is suggested",
      #"{"id":4,"method":"mining.suggest_target","params":["00000000ffff0000000000000000000000000000000000000000"#
        + #"000000000000"]}"#,
      .suggestTarget(Algorithm.sha256d.difficultyOneTarget)
    ),
    ("a ping without params", #"{"id":5,"method":"mining.ping"}"#, .ping),
    ("transactions", #"{"id":5,"method":"mining.get_transactions","params":["bf"]}"#, .getTransactions),
    ("a version", #"{"id":5,"method":"client.get_version","params":null}"#, .getVersion),
    (
      "escapes and other scripts",
      #"{"id":5,"method":"mining.authorize","params":["\u0061\/\"\\ é 採 \ud83d\ude00","\u00e9"]}"#,
      .authorize(user: "a/\"\\ é 採 😀", password: "é")
    ),
  ]

  static let notice = JobNotice(
    jobID: "bf",
    previousBlock: Hash256(displayHex: "00000000440b921e1b77c6c0487ae5616de67f788f44ae2a5af6e2194d16b6f8") ?? .zero,
    coinbase1: [1, 0, 0], coinbase2: [0xff], merkleBranches: [Hash256(number: UInt256(1))], version: 0x2000_0000,
    nBits: 0x1c2a_c4af, nTime: UnixTime(seconds: 0x504e_86b9), cleanJobs: true)

  static let extranonce1 = Extranonce([8, 0, 0, 2]) ?? .empty
  static let subscribed = ServerMessage.Response.success(
    .subscription(sessionID: "1a2b", extranonce1, extranonce2ByteCount: 4))
  static let subscribedWithoutSession = ServerMessage.Response.success(
    .subscription(sessionID: nil, extranonce1, extranonce2ByteCount: 4))

  static let server: [(name: String, line: String, message: ServerMessage)] = [
    (
      "notify",
      #"{"id":null,"method":"mining.notify","params":["bf","#
        + #""4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000000","010000","ff","#
        + #"["0100000000000000000000000000000000000000000000000000000000000000"],"20000000","1c2ac4af","#
        + #""504e86b9",true]}"#,
      .notify(notice)
    ),
    (
      "a difficulty", #"{"id":null,"method":"mining.set_difficulty","params":[1024]}"#,
      .setDifficulty(Difficulty(clamping: 1024))
    ),
    (
      "a small difficulty", #"{"id":null,"method":"mining.set_difficulty","params":[1e-3]}"#,
      .setDifficulty(Difficulty(clamping: 0.001))
    ),
    (
      "a difficulty as text", #"{"method":"mining.set_difficulty","params":["64"]}"#,
      .setDifficulty(Difficulty(clamping: 64))
    ),
    (
      "an extranonce", #"{"id":null,"method":"mining.set_extranonce","params":["08000002",4]}"#,
      .setExtranonce(extranonce1, extranonce2ByteCount: 4)
    ),
    (
      "a mask", #"{"id":null,"method":"mining.set_version_mask","params":["1fffe000"]}"#,
      .setVersionMask(0x1fff_e000)
    ),
    (
      "a mask under its wrong name", #"{"id":null,"method":"mining.set_version","params":["1fffe000"]}"#,
      .setVersionMask(0x1fff_e000)
    ),
    (
      "reconnect", #"{"id":null,"method":"client.reconnect","params":["new.pool.example",3333,5]}"#,
      .reconnect(host: "new.pool.example", port: 3333, waitSeconds: 5)
    ),
    (
      "reconnect with a port as text", #"{"id":null,"method":"client.reconnect","params":["a.example","3334","0"]}"#,
      .reconnect(host: "a.example", port: 3334, waitSeconds: 0)
    ),
    (
      "reconnect to the same", #"{"id":null,"method":"client.reconnect","params":[]}"#,
      .reconnect(host: nil, port: nil, waitSeconds: 0)
    ),
    (
      "reconnect to null", #"{"id":null,"method":"client.reconnect","params":[null,null,10]}"#,
      .reconnect(host: nil, port: nil, waitSeconds: 10)
    ),
    ("a version", #"{"id":8,"method":"client.get_version","params":[]}"#, .getVersion(RequestID(8))),
    ("a text", #"{"id":null,"method":"client.show_message","params":["a\nb"]}"#, .showMessage("a b")),
    ("a ping", #"{"id":42,"method":"mining.ping","params":[]}"#, .ping(RequestID(42))),
    ("something new", #"{"id":1,"method":"mining.bonus","params":{}}"#, .unknown(method: "mining.bonus", RequestID(1))),
    ("yes", #"{"id":6,"result":true,"error":null}"#, .response(id: RequestID(6), .success(.bool(true)))),
    ("yes to a quoted id", #"{"id":"6","result":true}"#, .response(id: RequestID(6), .success(.bool(true)))),
    ("no", #"{"id":3,"result":false,"error":null}"#, .response(id: RequestID(3), .success(.bool(false)))),
    ("nothing", #"{"id":3,"result":null,"error":null}"#, .response(id: RequestID(3), .success(.other))),
    (
      "an error as array", #"{"id":6,"result":null,"error":[21,"Job not found",null]}"#,
      .response(id: RequestID(6), .failure(code: 21, message: "Job not found"))
    ),
    (
      "an error with its code as text", #"{"id":6,"result":null,"error":["-5","Too low",""]}"#,
      .response(id: RequestID(6), .failure(code: -5, message: "Too low"))
    ),
    (
      "an error as object", #"{"id":6,"error":{"code":23,"message":"Low difficulty share"}}"#,
      .response(id: RequestID(6), .failure(code: 23, message: "Low difficulty share"))
    ),
    (
      "an error as text", #"{"id":6,"result":false,"error":"Stale share"}"#,
      .response(id: RequestID(6), .failure(code: 20, message: "Stale share"))
    ),
    (
      "a subscription",
      #"{"id":2,"result":[[["mining.set_difficulty","1a2b"],["mining.notify","1a2b"]],"08000002",4]}"#,
      .response(id: RequestID(2), subscribed)
    ),
    (
      "a flat subscription", #"{"id":2,"result":[["mining.notify","1a2b"],"08000002",4],"error":null}"#,
      .response(id: RequestID(2), subscribed)
    ),
    (
      "a list of names", #"{"id":2,"result":[["mining.set_difficulty","mining.notify"],"08000002",4],"error":null}"#,
      .response(id: RequestID(2), subscribedWithoutSession)
    ),
    (
      "a list of names, notify first",
      #"{"id":2,"result":[["mining.notify","mining.set_difficulty"],"08000002",4],"error":null}"#,
      .response(id: RequestID(2), subscribedWithoutSession)
    ),
    (
      "a null subscription", #"{"id":2,"result":[null,"08000002",4],"error":null}"#,
      .response(id: RequestID(2), subscribedWithoutSession)
    ),
    (
      "extensions",
      #"{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000","minimum-difficulty":true}}"#,
      .response(id: RequestID(1), .success(.extensions(versionMask: 0x1fff_e000)))
    ),
    (
      "extensions refused", #"{"id":1,"result":{"version-rolling":false},"error":null}"#,
      .response(id: RequestID(1), .success(.extensions(versionMask: nil)))
    ),
    ("a text result", #"{"id":1,"result":"ok","error":null}"#, .response(id: RequestID(1), .success(.text("ok")))),
  ]
}
