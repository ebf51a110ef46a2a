import Foundation
import TestSupport
import Testing

@testable import Encryption

/// What may be shown to clients, and what is said of the rest.
@Suite struct ServerCertificateTests {
  private func trouble(
    chain: String, key: String, roots: String? = nil
  ) -> ServerCertificate.Unusable? {
    do throws(ServerCertificate.Unusable) {
      _ = try ServerCertificate(chain: chain, key: key, clientRoots: roots)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a pair that belongs together can be used, also with the chain to its root`() throws {
    let root = try TestCertificate(names: nil)
    let own = try TestCertificate(issuer: root)
    #expect(trouble(chain: own.certificate, key: own.key) == nil)
    #expect(trouble(chain: own.certificate + root.certificate, key: own.key, roots: root.certificate) == nil)
  }

  @Test func `a key of another certificate is refused`() throws {
    let (one, other) = (try TestCertificate(), try TestCertificate())
    #expect(
      trouble(chain: one.certificate, key: other.key) == .init(.key, "the key does not belong to the certificate"))
  }

  @Test func `a chain in the wrong order is refused, because the key is not its first certificate's`() throws {
    let root = try TestCertificate(names: nil)
    let own = try TestCertificate(issuer: root)
    #expect(trouble(chain: root.certificate + own.certificate, key: own.key)?.part == .key)
  }

  @Test(arguments: ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
  func `what is no certificate is refused by its file`(text: String) throws {
    let own = try TestCertificate()
    #expect(trouble(chain: text, key: own.key)?.part == .certificate)
    #expect(trouble(chain: own.certificate, key: own.key, roots: text)?.part == .clientRoots)
    let key = trouble(chain: own.certificate, key: text)
    #expect(key?.part == .key && key?.reason.contains("-----BEGIN PRIVATE KEY-----") == true)
  }

  @Test func `half a file is refused`() throws {
    let own = try TestCertificate()
    #expect(trouble(chain: String(own.certificate.prefix(own.certificate.count / 2)), key: own.key) != nil)
    #expect(trouble(chain: own.certificate, key: String(own.key.prefix(own.key.count / 2))) != nil)
  }

  @Test func `a key with a passphrase is refused, and nobody is asked for it`() throws {
    let own = try TestCertificate()
    let locked = """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiTFwPwWmmYYQICCAAw
      DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDlRAPwPQg4TPqX0yWqq0qQEgZDf
      -----END ENCRYPTED PRIVATE KEY-----

      """
    let found = trouble(chain: own.certificate, key: locked)
    #expect(found?.part == .key && found?.reason.contains("openssl pkey") == true)
  }

  @Test func `its dates are told from a week before its end on`() throws {
    let own = try TestCertificate(from: -10, until: 20)
    let certificate = try ServerCertificate(chain: own.certificate, key: own.key)
    let end = certificate.validUntil
    #expect(certificate.dateTrouble(at: end - 7 * 86_400) == nil)
    #expect(certificate.dateTrouble(at: end - 86_400)?.hasPrefix("expires on ") == true)
    #expect(certificate.dateTrouble(at: end)?.hasPrefix("expired on ") == true)
    #expect(certificate.dateTrouble(at: certificate.validFrom - 1)?.hasPrefix("is valid only from ") == true)
  }

  @Test func `days are written as people sort them`() {
    #expect(PEMPair.day(0) == "1970-01-01" && PEMPair.day(1_772_323_200) == "2026-03-01")
  }
}
