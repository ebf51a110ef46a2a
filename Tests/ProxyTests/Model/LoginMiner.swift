import Foundation
import Hashing
import NIOEmbedded
import Stratum
import TestSupport

@testable import Proxy

/// A miner of the XMRig kind: `login`, jobs with named members, `submit`.
final class LoginMiner: ModelClient {
  let connection: MinerConnection
  let socket: ModelSocket
  private(set) var jobs: [JSON] = []
  private(set) var answers: [JSON] = []
  private var counter: UInt32 = 0

  init(_ connection: MinerConnection, loop: EmbeddedEventLoop) {
    self.connection = connection
    socket = ModelSocket(connection, loop: loop, address: "127.0.0.1")
  }

  var source: String? { connection.source?.name }
  var statuses: [String] { answers.map { $0["result"]["status"].string ?? $0["error"]["message"].string ?? "?" } }

  func logIn(_ user: String, password: String = "x", algorithms: [String] = []) {
    let names = algorithms.map { "\"\($0)\"" }.joined(separator: ",")
    socket.send(
      #"{"id":1,"method":"login","params":{"login":"\#(user)","pass":"\#(password)","agent":"model","algo":[\#(names)]}}"#
    )
  }

  func read() {
    for line in socket.read().joined() {
      guard let message = JSON(Data(line.utf8)) else { continue }
      if message["method"].string == "job" { jobs.append(message["params"]) }
      if message["method"].isNull { answers.append(message) }
      if !message["result"]["job"].isNull { jobs.append(message["result"]["job"]) }
    }
  }

  /// Hashes the last job's header with the next nonce and submits that. Returns the header.
  func submit() -> BlockHeader? {
    counter += 1
    guard let job = jobs.last, let id = job["job_id"].string, let blob = job["block_header"].string,
      let bytes = Hex.decode(blob), var header = BlockHeader(bytes: bytes)
    else { return nil }
    header.nonce = counter
    let nonce = Hex.encode(counter)
    socket.send(#"{"id":2,"method":"submit","params":{"id":"x","job_id":"\#(id)","nonce":"\#(nonce)","result":"00"}}"#)
    return header
  }
}
