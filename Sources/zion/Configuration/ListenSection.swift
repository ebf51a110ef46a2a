import Encryption
import Orchestrator
import Yams

/// Reads `listen`: `HOST:PORT`, or a section with `address`, `tls` and `proxy_protocol`.
struct ListenSection {
  /// From whose folder the files are looked for.
  let path: String

  func read(_ root: YAMLSection, default address: HostPort) -> (HostPort, ListenOptions) {
    guard root.node("listen")?.mapping != nil else {
      return (root.value("listen") { text throws(Wrong) in try HostPort(text) } ?? address, ListenOptions())
    }
    let section = root.section("listen")
    var options = ListenOptions()
    let place = section.value("address") { text throws(Wrong) in try HostPort(text) } ?? address
    let tls = section.section("tls")
    options.requiresTLS = tls.value("require", Quantity.boolean) ?? false
    options.tls = TLSSection(tls, path: path).read(takesClients: true, requiresTLS: options.requiresTLS)
    let proxies = section.section("proxy_protocol")
    options.proxies = proxies.values("from", of: "networks, such as 10.0.0.0/8", MinersSection.network)
    if options.proxies.count > 64 {
      proxies.report.add(
        proxies.node("from"), proxies.key("from"), "these are \(options.proxies.count) networks", write: "at most 64")
    }
    if proxies.hasOptions, proxies.node("from") == nil {
      proxies.report.add(
        proxies.place, proxies.path, "no proxy is named", write: "from: [10.0.0.0/8], the networks of your proxies")
    }
    proxies.end()
    section.end()
    return (place, options)
  }
}

/// Reads `listen.tls` and `api.tls`.
struct TLSSection {
  private let section: YAMLSection
  private let path: String

  init(_ section: YAMLSection, path: String) {
    self.section = section
    self.path = path
  }

  /// `nil` where there is no such section. Files that cannot be used are mistakes of the configuration.
  func read(takesClients: Bool, requiresTLS: Bool = false) -> TLSOptions? {
    guard section.hasOptions else {
      section.end()
      return nil
    }
    let certificate = section.required("certificate", example: "fullchain.pem", Name.path)
    let key = section.required("key", example: "privkey.pem", Name.path)
    var options = TLSOptions(certificate: besides(certificate), key: besides(key))
    options.show.minimum = section.choice("minimum_version") ?? .tls12
    options.show.protocols = section.values("alpn", of: "protocols", Self.protocolName)
    if takesClients, let file = section.value("client_ca", Name.path) {
      options.clientRoots = besides(file)
      if !requiresTLS {
        section.report.add(
          section.node("client_ca"), section.key("client_ca"),
          "plain connections need no certificate, and would come in all the same", write: "require: true beside it")
      }
    }
    section.end()
    guard certificate != nil, key != nil else { return options }
    do throws(ServerCertificate.Unusable) {
      _ = try options.load()
    } catch {
      let name =
        switch error.part {
        case .certificate: "certificate"
        case .key: "key"
        case .clientRoots: "client_ca"
        }
      section.report.add(
        line: section.node(name)?.mark?.line, section.key(name),
        error.reason.contains(options.file(error.part)) ? error.reason : "\(options.file(error.part)): \(error.reason)")
    }
    return options
  }

  private func besides(_ file: String?) -> String { file.map { TextFile.path($0, besides: path) } ?? "" }

  private static func protocolName(_ text: String) throws(Wrong) -> String {
    guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (33...126).contains($0) }) else {
      throw Wrong("“\(text.prefix(64))” is not the name of a protocol", "1 to 255 letters without spaces")
    }
    return text
  }
}
