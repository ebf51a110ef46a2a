import Foundation

/// A folder that is there as long as the value is used, and gone with it.
public final class TemporaryFolder: Sendable {
  public let url: URL

  public init(_ name: String) throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("zion-\(name)-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a text file and returns its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// A folder below, made if it is not there.
  public func folder(_ name: String) throws -> URL {
    let folder = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }
}
