import AsyncHTTPClient
import Foundation
import NIOCore
import Orchestrator

/// Asks one feed once: a number, or what was wrong.
struct FeedReader: Sendable {
  let http: HTTPClient
  /// A longer answer is refused.
  static let byteLimit = 1 << 20

  /// A number, and how old it already was when it was read, seconds.
  struct Answer: Sendable, Equatable {
    var value: Double
    var ageSeconds = 0.0
  }

  func read(_ feed: PriceFeed) async -> Result<Answer, FeedTrouble> {
    do throws(FeedTrouble) {
      switch feed.place {
      case .http(let url):
        let bytes = try await body(of: url, timeout: feed.timeoutSeconds)
        return .success(Answer(value: try Self.number(in: bytes, at: feed.pointer)))
      case .file(let path):
        let (bytes, age) = try Self.file(path)
        return .success(Answer(value: try Self.number(in: bytes, at: feed.pointer), ageSeconds: age))
      }
    } catch {
      return .failure(error)
    }
  }

  /// The client's own deadline ends with the head of an answer: a body that trickles is given up here.
  private func body(of url: FeedURL, timeout: Double) async throws(FeedTrouble) -> Data {
    let slow = FeedTrouble(.slow, "did not answer within \(Quantity.written(timeout))")
    let answer = await withTaskGroup(of: Result<Data, FeedTrouble>.self) { group in
      group.addTask { await ask(url, timeout: timeout, slow: slow) }
      group.addTask {
        do {
          try await Task.sleep(for: .seconds(timeout))
        } catch {}
        return .failure(slow)
      }
      let first = await group.next() ?? .failure(slow)
      group.cancelAll()
      return first
    }
    return try answer.get()
  }

  private func ask(_ url: FeedURL, timeout: Double, slow: FeedTrouble) async -> Result<Data, FeedTrouble> {
    var request = HTTPClientRequest(url: url.text)
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "user-agent", value: "zion/\(Version.current)")
    do {
      let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout * 1e9))
      let response = try await http.execute(request, deadline: deadline)
      guard response.status == .ok else {
        return .failure(FeedTrouble(.refused, "answered with status \(response.status.code)"))
      }
      return .success(Data(try await response.body.collect(upTo: Self.byteLimit).readableBytesView))
    } catch is NIOTooManyBytesError {
      return .failure(FeedTrouble(.tooLong, "answered with more than \(Self.byteLimit) bytes"))
    } catch let error as HTTPClientError where Self.isTimeout(error) {
      return .failure(slow)
    } catch {
      return .failure(FeedTrouble(.unreachable, "cannot be reached: \(String(describing: error).prefix(120))"))
    }
  }

  private static func isTimeout(_ error: HTTPClientError) -> Bool {
    [.deadlineExceeded, .connectTimeout, .readTimeout, .getConnectionFromPoolTimeout].contains(error)
  }

  private static func file(_ path: String) throws(FeedTrouble) -> (Data, ageSeconds: Double) {
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard (attributes[.size] as? NSNumber)?.intValue ?? 0 <= byteLimit else {
        throw FeedTrouble(.tooLong, "is longer than \(byteLimit) bytes")
      }
      let changed = attributes[.modificationDate] as? Date
      let bytes = try Data(contentsOf: URL(filePath: path))
      return (bytes, changed.map { max(0, -$0.timeIntervalSinceNow) } ?? 0)
    } catch let error as FeedTrouble {
      throw error
    } catch {
      throw FeedTrouble(.unreachable, "cannot be read: \(String(describing: error).prefix(120))")
    }
  }

  /// Without a pointer the text is the number.
  static func number(in bytes: Data, at pointer: JSONPointer?) throws(FeedTrouble) -> Double {
    let number: Double?
    let shown: String
    if let pointer {
      guard let tree = JSONTree(bytes) else { throw FeedTrouble(.notJSON, "did not answer with JSON") }
      guard let place = pointer.value(in: tree) else {
        throw FeedTrouble(.missing, "has nothing at \(pointer.text)")
      }
      (number, shown) = (place.asNumber, "\(pointer.text)")
    } else {
      number = JSONTree.plainNumber(String(decoding: bytes.prefix(128), as: UTF8.self).trimming())
      shown = "the file"
    }
    guard let number, number > 0 else {
      throw FeedTrouble(.notAPrice, "has something at \(shown) that is not a number above 0")
    }
    return number
  }
}
