import Encryption

/// Decides when new files of a certificate take effect. A value that is told what the files hold.
///
/// A pair is two files, which change one after the other: a state of them counts when two looks in a row find it. One
/// that cannot be used leaves the certificate that is in use.
struct CertificateWatch: Sendable {
  /// What a look at the files found: their digest, or why there is none.
  enum Look: Sendable, Equatable {
    case files([UInt8])
    case unreadable(String)
  }

  /// What is to be done.
  enum Step: Sendable, Equatable {
    case none
    /// Read them, and say with `use(_:)` or with a warning what came of it.
    case load
    case warn(String)
    /// The files are again what is in use.
    case mended
  }

  private var used: [UInt8]
  private var latest: Look
  /// What was dealt with last: it is not news.
  private var settled: Look

  /// - Parameter digest: of the files that are in use.
  init(using digest: [UInt8]) {
    used = digest
    latest = .files(digest)
    settled = latest
  }

  /// Call it at even times.
  mutating func look(_ look: Look) -> Step {
    guard look == latest else {
      latest = look
      return .none
    }
    guard look != settled else { return .none }
    settled = look
    switch look {
    case .unreadable(let reason): return .warn(reason)
    case .files(used): return .mended
    case .files: return .load
    }
  }

  /// The files with that digest are in use now.
  mutating func use(_ digest: [UInt8]) { used = digest }
}
