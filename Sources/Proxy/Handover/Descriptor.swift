import NIOCore

/// The descriptor of a channel's socket, to be given to another process image. The channel must do nothing more with it.
enum Descriptor {
  struct None: Error {}

  static func of(_ channel: any Channel) throws -> Int32 {
    let found = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
    guard let found else { throw None() }
    return found
  }
}
