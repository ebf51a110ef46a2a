import NIOCore
import Stratum

/// Frames of the last events, each made once however many listeners get it.
struct FrameCache {
  /// So many are kept, the newest.
  static let capacity = 4_096

  private struct Key: Hashable {
    let sequence: UInt64
    let format: EventFormat
  }

  private var frames: [Key: ByteBuffer?] = [:]
  private var keys: [Key] = []
  private var next = 0

  /// `nil`: this format has no such event.
  mutating func frame(of event: Event, in format: EventFormat) -> ByteBuffer? {
    let key = Key(sequence: event.sequence, format: format)
    if let known = frames[key] { return known }
    let frame = format.message(event)?.frame
    if keys.count < Self.capacity {
      keys.append(key)
    } else {
      frames[keys[next]] = nil
      keys[next] = key
      next = (next + 1) % Self.capacity
    }
    frames.updateValue(frame, forKey: key)
    return frame
  }
}
