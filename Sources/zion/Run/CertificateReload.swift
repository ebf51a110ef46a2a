import Encryption
import Logging
import NIOPosix

/// Looks at a certificate's files every second, and shows new connections what they hold.
struct CertificateReload: Sendable {
  private static let interval = Duration.seconds(1)

  /// `listen.tls` or `api.tls`, for the log.
  let name: String
  let options: TLSOptions
  let tls: ServerTLS
  private let watch: CertificateWatch
  private let logger: Logger

  /// Loads the certificate.
  /// - Throws: `ServerCertificate.Unusable`.
  init(_ name: String, _ options: TLSOptions, logger: Logger) throws {
    let files = try CertificateFiles(options)
    let certificate = try files.certificate(options)
    self.name = name
    self.options = options
    self.logger = logger
    tls = ServerTLS(certificate)
    watch = CertificateWatch(using: files.digest)
    tell("shows a certificate", certificate)
  }

  private enum Finding: Sendable {
    case files(CertificateFiles)
    case unreadable(String)

    var look: CertificateWatch.Look {
      switch self {
      case .files(let files): .files(files.digest)
      case .unreadable(let reason): .unreadable(reason)
      }
    }
  }

  /// Until cancelled.
  func run() async {
    var watch = watch
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: Self.interval)
        // A disk may take its time: neither an event loop nor a task waits for it.
        let finding = try await NIOThreadPool.singleton.runIfActive { [options] in Self.look(options) }
        carryOut(watch.look(finding.look), finding, &watch)
      } catch {
        return
      }
    }
  }

  private static func look(_ options: TLSOptions) -> Finding {
    do throws(ServerCertificate.Unusable) {
      return .files(try CertificateFiles(options))
    } catch {
      return .unreadable(error.reason)
    }
  }

  private func carryOut(_ step: CertificateWatch.Step, _ finding: Finding, _ watch: inout CertificateWatch) {
    switch step {
    case .none: break
    case .warn(let reason): keep(because: reason)
    case .mended: logger.info("the certificate's files are again what is in use", metadata: ["section": "\(name)"])
    case .load:
      guard case .files(let files) = finding else { return }
      do throws(ServerCertificate.Unusable) {
        let certificate = try files.certificate(options)
        tls.use(certificate)
        watch.use(files.digest)
        tell("shows a new certificate", certificate)
      } catch {
        keep(because: "\(options.file(error.part)): \(error.reason)")
      }
    }
  }

  private func tell(_ what: String, _ certificate: ServerCertificate) {
    var metadata: Logger.Metadata = ["section": "\(name)", "file": "\(options.certificate)"]
    guard let trouble = certificate.dateTrouble(at: Int64(Clocks.wall().seconds)) else {
      return logger.info("TLS \(what)", metadata: metadata)
    }
    metadata["trouble"] = "\(trouble)"
    logger.warning("TLS \(what) with a date that needs a look", metadata: metadata)
  }

  private func keep(because reason: String) {
    logger.error(
      "the certificate's new files cannot be used, the certificate in use stays",
      metadata: ["section": "\(name)", "reason": "\(reason)"])
  }
}

/// The certificates that miners and programs are shown.
struct ServedCertificates: Sendable {
  let listen: CertificateReload?
  let api: CertificateReload?

  /// - Throws: `ServerCertificate.Unusable`.
  init(_ configuration: Configuration, logger: Logger) throws {
    listen = try configuration.door.tls.map { try CertificateReload("listen.tls", $0, logger: logger) }
    api = try configuration.api.tls.map { try CertificateReload("api.tls", $0, logger: logger) }
  }

  var all: [CertificateReload] { [listen, api].compactMap(\.self) }
}
