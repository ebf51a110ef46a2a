import Foundation
import NIOSSL
import Stratum
import TestSupport
import Testing

@testable import Encryption

/// Who is believed to be the server that was asked for, and why not.
@Suite struct PeerTrustTests {
  private let folder: TemporaryFolder
  private let root: TestCertificate
  private let rootsFile: String

  init() throws {
    folder = try TemporaryFolder("trust")
    root = try TestCertificate(names: nil)
    rootsFile = try folder.write(root.certificate, to: "roots.pem")
  }

  private func chain(_ certificates: TestCertificate...) throws -> [[UInt8]] {
    try certificates.map { try NIOSSLCertificate.fromPEMBytes(Array($0.certificate.utf8))[0].toDERBytes() }
  }

  private func fault(
    _ certificate: TestCertificate, host: String, name: String? = nil, roots: Bool = true
  ) throws -> String? {
    PeerTrust(name: name, rootsFile: roots ? rootsFile : nil).fault(of: try chain(certificate), host: host)
  }

  @Test(arguments: [
    ("DNS:pool.example", "pool.example"), ("DNS:*.pool.example", "eu.pool.example"), ("IP:127.0.0.1", "127.0.0.1"),
    ("IP:::1", "::1"), ("DNS:a.example, DNS:pool.example", "POOL.example"),
  ])
  func `a certificate for the name, signed by a root, is believed`(names: String, host: String) throws {
    #expect(try fault(try TestCertificate(names: names, issuer: root), host: host) == nil)
  }

  @Test(arguments: [
    ("DNS:pool.example", "evil.example"), ("DNS:*.pool.example", "a.b.pool.example"), ("DNS:pool.example", "127.0.0.1"),
    ("IP:127.0.0.1", "127.0.0.2"), ("DNS:127.0.0.1", "127.0.0.1"), ("DNS:p*l.example", "pool.example"),
  ])
  func `another name is refused, with both names`(names: String, host: String) throws {
    let reason = try fault(try TestCertificate(names: names, issuer: root), host: host)
    #expect(reason?.hasPrefix("its certificate is for another name: for ") == true, "\(reason ?? "")")
    #expect(reason?.contains("not for \(host)") == true)
  }

  @Test func `the name that is asked for may be another than the host's`() throws {
    let certificate = try TestCertificate(names: "DNS:pool.example", issuer: root)
    #expect(try fault(certificate, host: "10.0.0.7", name: "pool.example") == nil)
    #expect(try fault(certificate, host: "pool.example", name: "other.example") != nil)
  }

  @Test func `one that is over, or not yet begun, is refused with the day`() throws {
    let old = try fault(try TestCertificate(from: -20, until: -10, issuer: root), host: "127.0.0.1")
    #expect(old?.hasPrefix("its certificate expired on 20") == true, "\(old ?? "")")
    let early = try fault(try TestCertificate(from: 10, until: 20, issuer: root), host: "127.0.0.1")
    #expect(early?.hasPrefix("its certificate is valid only from 20") == true, "\(early ?? "")")
  }

  @Test func `one that nobody signed, or a stranger, or a server's certificate, is refused`() throws {
    let words = "its certificate is not signed by anybody whom this machine trusts; its fingerprint is "
    let own = try TestCertificate()
    #expect(try fault(own, host: "127.0.0.1") == words + own.fingerprint)
    #expect(try fault(own, host: "127.0.0.1", roots: false) == words + own.fingerprint)
    let strange = try TestCertificate(issuer: try TestCertificate(names: nil))
    #expect(try fault(strange, host: "127.0.0.1") == words + strange.fingerprint)
    // Who has a certificate for a server cannot make others.
    let server = try TestCertificate(names: "DNS:evil.example", issuer: root)
    let forged = try TestCertificate(names: "DNS:pool.example", issuer: server)
    let reason = PeerTrust(rootsFile: rootsFile).fault(of: try chain(forged, server), host: "pool.example")
    #expect(reason?.hasPrefix("its certificate cannot be trusted (") == true, "\(reason ?? "")")
  }

  @Test func `a fingerprint of the certificate or of its key decides alone`() throws {
    let own = try TestCertificate(names: "DNS:whoever", from: -20, until: -10)
    for print in [own.fingerprint, own.keyFingerprint] {
      let trust = PeerTrust(fingerprints: [try #require(Hex.decode(print))])
      #expect(trust.fault(of: try chain(own), host: "127.0.0.1") == nil)
    }
    let good = try TestCertificate(issuer: root)
    let trust = PeerTrust(fingerprints: [try #require(Hex.decode(own.fingerprint))], rootsFile: rootsFile)
    #expect(
      trust.fault(of: try chain(good), host: "127.0.0.1")
        == "its certificate is none of tls_fingerprints: it is \(good.fingerprint)")
    // The pinned one behind another does not help.
    #expect(trust.fault(of: try chain(good, own), host: "127.0.0.1") != nil)
  }

  @Test func `no certificate, nonsense and an unreadable file of roots are refused`() throws {
    #expect(PeerTrust().fault(of: [], host: "pool.example") == "it showed no certificate")
    #expect(PeerTrust().fault(of: [[1, 2, 3]], host: "pool.example") == "its certificate cannot be read")
    let trust = PeerTrust(rootsFile: "/nowhere/roots.pem")
    #expect(
      trust.fault(of: try chain(try TestCertificate()), host: "127.0.0.1")
        == "/nowhere/roots.pem (tls_roots) cannot be read")
  }
}
