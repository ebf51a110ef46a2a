/// Where events go. Publishing returns at once and may happen on any thread.
public struct EventSink: Sendable {
  public let publish: @Sendable (EventBody) -> Void

  public init(_ publish: @escaping @Sendable (EventBody) -> Void) { self.publish = publish }

  /// Nobody listens.
  public static let none = EventSink { _ in }
}
