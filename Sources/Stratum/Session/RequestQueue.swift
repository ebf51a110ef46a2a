/// Requests of ours that wait for an answer, oldest first.
///
/// Answers nearly always come in order, so taking the oldest costs no more than moving an index.
struct RequestQueue<Request: Sendable & Codable>: Sendable, Codable {
  struct Entry: Sendable, Codable {
    let id: Int
    let request: Request
    let sentAt: MonotonicTime
  }

  private var entries: [Entry] = []
  private var head = 0
  private var nextID = 1

  var first: Entry? { head < entries.count ? entries[head] : nil }
  var requests: [Request] { entries[head...].map(\.request) }

  /// Notes a request and returns its id.
  mutating func open(_ request: Request, at now: MonotonicTime) -> Int {
    let id = nextID
    nextID = nextID == 2_000_000_000 ? 1 : nextID + 1
    entries.append(Entry(id: id, request: request, sentAt: now))
    return id
  }

  /// The request that `id` answers: by id, and by position when the id is none of ours, since some pools answer with
  /// ids of their own. `nil` when nothing waits.
  mutating func take(_ id: RequestID) -> Entry? {
    guard let oldest = first else { return nil }
    let number = Int(id.rawJSON)
    if number != oldest.id, let later = entries[head...].firstIndex(where: { $0.id == number }) {
      return entries.remove(at: later)
    }
    head += 1
    if head >= 256, head * 2 >= entries.count {
      entries.removeFirst(head)
      head = 0
    }
    return oldest
  }
}
