import AsyncHTTPClient
import Foundation
import NIOCore

/// What other machines' HTTP servers say the time is (`Date`, in whole seconds).
struct TimeServers {
  let http: HTTPClient

  /// Seconds that each is ahead of this clock, where it answers within 5 s.
  func offsets(_ servers: [(name: String, url: String)]) async -> [(by: String, seconds: Double)] {
    await withTaskGroup(of: (by: String, seconds: Double)?.self) { tasks in
      for server in servers { tasks.addTask { await ask(server.name, server.url) } }
      return await tasks.reduce(into: []) { if let found = $1 { $0.append(found) } }
    }
  }

  private func ask(_ name: String, _ url: String) async -> (by: String, seconds: Double)? {
    let before = Clocks.wallMilliseconds()
    guard let response = try? await http.execute(HTTPClientRequest(url: url), timeout: .seconds(5)),
      let text = response.headers.first(name: "date"), let date = Self.date(text)
    else { return nil }
    let middle = (Double(before) + Double(Clocks.wallMilliseconds())) / 2000
    // The header has no fractions: half a second is what it leaves out on average.
    return (name, date + 0.5 - middle)
  }

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
  static func date(_ text: String) -> Double? {
    let words = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), let year = Int32(words[3]),
      let month = months.firstIndex(of: String(words[2])), (1...31).contains(day), (1970...9999).contains(year)
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int32($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]) else {
      return nil
    }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, Int32(month), day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
    return Double(timegm(&parts))
  }
}
