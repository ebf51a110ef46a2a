import API
import Foundation
import Logging
import Pool
import Stratum

/// Who changed something over HTTP, what, when, and what became of it: a line each in `api-audit.log`, and a record in
/// the audit's chain where there is a local pool.
struct APITrail: Sendable {
  private struct Line: Codable {
    let at: UInt32
    let write: APIWrite
  }

  private let file: RolledFile
  private let database: (any Database)?
  private let logger: Logger

  init(data: String, database: (any Database)?, logger: Logger) {
    file = RolledFile("\(data)/api-audit.log", logger: logger)
    self.database = database
    self.logger = logger
  }

  func record(_ write: APIWrite) async {
    let now = Clocks.wall()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      await file.append(String(decoding: try encoder.encode(Line(at: now.seconds, write: write)), as: UTF8.self))
      // What was refused changed nothing: the chain is for what happened.
      guard (200..<300).contains(write.status) else { return }
      _ = try await database?.write { sql in
        _ = try AuditLog.append([AuditEntry(kind: "api", body: Self.body(write), at: now)], sql)
      }
    } catch {
      logger.error(
        "a change over HTTP is not in the audit", metadata: ["who": "\(write.who)", "reason": "\(error)"])
    }
  }

  private static func body(_ write: APIWrite) -> AuditBody {
    var body = AuditBody()
    body.add("who", write.who)
    body.add("method", write.method)
    body.add("path", write.path)
    body.add("body", write.body)
    body.add("status", Int64(write.status))
    return body
  }
}

extension FleetDesk {
  nonisolated func record(_ write: APIWrite) async { await trail.record(write) }
}
