import Encryption
import Foundation
import TestSupport
import Testing

@testable import Proxy
@testable import zion

/// When new files of a certificate take effect.
@Suite struct CertificateWatchTests {
  @Test func `files that stay as they are, are no news`() {
    var watch = CertificateWatch(using: [1])
    for _ in 0..<5 { #expect(watch.look(.files([1])) == .none) }
  }

  @Test func `a new pair is loaded once, when two looks agree on it`() {
    var watch = CertificateWatch(using: [1])
    #expect(watch.look(.files([2])) == .none)
    #expect(watch.look(.files([3])) == .none)
    #expect(watch.look(.files([3])) == .load)
    watch.use([3])
    #expect(watch.look(.files([3])) == .none)
    #expect(watch.look(.files([1])) == .none)
    #expect(watch.look(.files([1])) == .load)
  }

  @Test func `a file that is gone for a moment is no news, and for longer a warning`() {
    var watch = CertificateWatch(using: [1])
    #expect(watch.look(.unreadable("gone")) == .none)
    #expect(watch.look(.files([1])) == .none)
    #expect(watch.look(.files([1])) == .none)
    #expect(watch.look(.unreadable("gone")) == .none)
    #expect(watch.look(.unreadable("gone")) == .warn("gone"))
    #expect(watch.look(.unreadable("gone")) == .none)
    #expect(watch.look(.files([1])) == .none)
    #expect(watch.look(.files([1])) == .mended)
  }

  @Test func `a pair that could not be used is not tried again and again`() {
    var watch = CertificateWatch(using: [1])
    #expect(watch.look(.files([2])) == .none)
    #expect(watch.look(.files([2])) == .load)
    for _ in 0..<5 { #expect(watch.look(.files([2])) == .none) }
    #expect(watch.look(.files([1])) == .none)
    #expect(watch.look(.files([1])) == .mended)
  }
}

/// `listen.tls`, `listen.proxy_protocol`, `api.tls` and the pools' `tls_…`.
@Suite struct TLSConfigurationTests {
  private let folder: TemporaryFolder
  private let own: TestCertificate

  init() throws {
    folder = try TemporaryFolder("tls")
    own = try TestCertificate()
    try own.write(to: folder.url)
  }

  private var path: String { folder.url.appendingPathComponent("farm.yaml").path }

  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: path)
      return []
    } catch {
      return error.problems.map { String($0.description.dropFirst(path.utf8.count + 1)) }
    }
  }

  @Test func `a place alone and a section with it mean the same`() throws {
    let short = try ConfigurationFile.parse("listen: 10.0.0.1:4000", path: path)
    let long = try ConfigurationFile.parse("listen: { address: \"10.0.0.1:4000\" }", path: path)
    #expect(short == long && short.listen == HostPort(host: "10.0.0.1", port: 4000) && short.door == ListenOptions())
    #expect(short.api.listen.port == 4001)
  }

  @Test func `all options are read, files from the configuration's folder`() throws {
    let print = own.fingerprint
    let read = try ConfigurationFile.parse(
      """
      listen:
        address: 0.0.0.0:3333
        tls: { certificate: cert.pem, key: key.pem, minimum_version: 1.3, alpn: [stratum], require: true, client_ca: cert.pem }
        proxy_protocol: { from: [10.0.0.0/8, "fd00::/8"] }
      api:
        tls: { certificate: cert.pem, key: key.pem }
      pools:
        - { name: a, url: "stratum+ssl://h:1", user: u, tls_name: pool.example, tls_roots: cert.pem }
        - { name: b, url: "stratum+ssl://h:1", user: u, tls_fingerprints: [\(print), "\(print.uppercased())"] }
      """, path: path)
    let folder = folder.url.path
    let tls = try #require(read.door.tls)
    #expect(tls.certificate == "\(folder)/cert.pem" && tls.key == "\(folder)/key.pem" && read.door.requiresTLS)
    #expect(tls.show == .init(minimum: .tls13, protocols: ["stratum"]) && tls.clientRoots == "\(folder)/cert.pem")
    #expect(read.door.proxies.map(\.description) == ["10.0.0.0/8", "fd00::/8"])
    #expect(read.api.tls?.show.minimum == .tls12)
    #expect(read.pools[0].trust == PeerTrust(name: "pool.example", rootsFile: "\(folder)/cert.pem"))
    #expect(read.pools[1].trust.fingerprints.count == 1)
  }

  @Test func `a key that others may read is refused, with the command that mends it`() throws {
    let key = folder.url.appendingPathComponent("key.pem").path
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
    #expect(
      problems("api:\n  tls: { certificate: cert.pem, key: key.pem }") == [
        "2: api.tls.key: others may use \(key) (mode 640); run chmod 600 \(key)"
      ])
  }

  @Test func `files that cannot be used are mistakes with line, key and reason`() throws {
    try TestCertificate().write(to: folder.url, certificate: "other.pem", key: "other.key")
    let folder = folder.url.path
    let found = problems(
      """
      listen:
        tls: { certificate: nowhere.pem, key: key.pem }
      api:
        tls:
          certificate: cert.pem
          key: other.key
      """)
    #expect(
      found == [
        "2: listen.tls.certificate: \(folder)/nowhere.pem cannot be read: No such file or directory",
        "6: api.tls.key: \(folder)/other.key: the key does not belong to the certificate",
      ])
  }

  @Test(arguments: [
    ("listen: { tls: { certificate: cert.pem } }", "listen.tls.key: is missing; write key: privkey.pem"),
    (
      "listen: { tls: { certificate: cert.pem, key: key.pem, client_ca: cert.pem } }",
      "plain connections need no certificate, and would come in all the same; write require: true beside it"
    ),
    (
      "listen: { tls: { certificate: cert.pem, key: key.pem, minimum_version: 1.1 } }",
      "listen.tls.minimum_version: “1.1” is not known"
    ),
    ("listen: { proxy_protocol: { from: [10.0.0.1/8] } }", "“10.0.0.1/8” is not a network"),
    ("listen: { proxy_protocol: { form: [10.0.0.0/8] } }", "listen.proxy_protocol: no proxy is named"),
    ("listen: { adress: \"0.0.0.0:1\" }", "listen.adress: there is no such option (did you mean address?)"),
    ("api: { tls: { certificate: cert.pem, key: key.pem, client_ca: cert.pem } }", "there is no such option"),
    (
      "pools: [{ name: a, url: \"stratum+tcp://h:1\", user: u, tls_name: x }]",
      "pools[0].tls_name: no URL of this pool asks for TLS; write url: stratum+ssl://HOST:PORT"
    ),
    ("pools: [{ name: a, url: \"stratum+ssl://h:1\", user: u, tls_fingerprints: [abc] }]", "is not SHA-256 in hex"),
    ("pools: [{ name: a, url: \"stratum+ssl://h:1\", user: u, tls_roots: no.pem }]", "no.pem cannot be read"),
  ])
  func `mistakes are told with what to write`(text: String, expected: String) {
    #expect(problems(text).contains { $0.contains(expected) }, "\(problems(text))")
  }

  @Test func `what is checked can be read at a glance`() throws {
    let read = try ConfigurationFile.parse(
      """
      listen:
        tls: { certificate: cert.pem, key: key.pem, require: true, client_ca: cert.pem }
        proxy_protocol: { from: [10.0.0.0/8] }
      """, path: path)
    #expect(
      read.summary[1] == "their connections: TLS alone, a certificate of each miner, a PROXY header from 10.0.0.0/8")
    #expect(Configuration().summary[1].hasPrefix("the API listens"))
  }

  @Test func `the doctor says until when a certificate is good, and what to do when it is over`() throws {
    let file = folder.url.appendingPathComponent("cert.pem").path
    func findings(_ from: Int, _ until: Int) throws -> [DoctorFinding] {
      try TestCertificate(from: from, until: until).write(to: folder.url)
      let read = try ConfigurationFile.parse("api: { tls: { certificate: cert.pem, key: key.pem } }", path: path)
      return CertificateChecks(configuration: read).run(wall: Clocks.wall())
    }
    let good = try findings(-1, 30)
    #expect(good.map(\.level) == [.ok] && good[0].what.hasPrefix("api.tls: \(file) is valid until 20"))
    let ending = try findings(-30, 3)
    #expect(ending.map(\.level) == [.warning] && ending[0].what.hasPrefix("api.tls: \(file) expires on 20"))
    let over = try findings(-30, -3)
    #expect(over.map(\.level) == [.fault] && over[0].what.hasPrefix("api.tls: \(file) expired on 20"))
    #expect(CertificateChecks(configuration: Configuration()).run(wall: Clocks.wall()).isEmpty)
  }

  @Test func `the doctor warns of a pool that is reached in the clear over a public network`() {
    var report = UpstreamProbe.Report()
    #expect(UpstreamChecks.judgeWay(report, name: "alpha", isEncrypted: false) == nil)
    report.isPublic = true
    #expect(UpstreamChecks.judgeWay(report, name: "alpha", isEncrypted: true) == nil)
    let finding = UpstreamChecks.judgeWay(report, name: "alpha at stratum+tcp://h:1", isEncrypted: false)
    #expect(finding?.level == .warning && finding?.remedy?.contains("stratum+ssl://") == true)
  }
}
