import Encryption
import Stratum

/// The certificates that miners and programs are shown. That they can be used is a matter of the configuration.
struct CertificateChecks {
  let configuration: Configuration

  /// - Parameter wall: now.
  func run(wall: UnixTime) -> [DoctorFinding] {
    let sections = [("listen.tls", configuration.door.tls), ("api.tls", configuration.api.tls)]
    return sections.compactMap { name, options in options.flatMap { Self.judge(name, $0, wall: wall) } }
  }

  private static func judge(_ name: String, _ options: TLSOptions, wall: UnixTime) -> DoctorFinding {
    do throws(ServerCertificate.Unusable) {
      let certificate = try options.load()
      guard let trouble = certificate.dateTrouble(at: Int64(wall.seconds)) else {
        return .ok("certificates", "\(name): \(options.certificate) is valid until \(certificate.lastDay)")
      }
      let remedy = "renew it: zion shows the new one within seconds, without a restart"
      return certificate.isValid(at: Int64(wall.seconds))
        ? .warning("certificates", "\(name): \(options.certificate) \(trouble)", do: remedy)
        : .fault("certificates", "\(name): \(options.certificate) \(trouble)", do: remedy)
    } catch {
      return .fault("certificates", "\(name): \(error.reason)", do: "see the files that \(name) names")
    }
  }
}
