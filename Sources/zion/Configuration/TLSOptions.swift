import Encryption
import Orchestrator

/// `listen.tls` and `api.tls`: a certificate for those who connect. Both files are read again when they change; a new
/// pair that cannot be used leaves the old one in use.
struct TLSOptions: Sendable, Equatable {
  /// `certificate`: a PEM file, the server's own certificate first and then those that lead to a root; from the folder of
  /// the configuration file. Required.
  var certificate: String
  /// `key`: a PEM file with the certificate's key, without a passphrase, that only its owner may use. Required.
  var key: String
  /// `minimum_version`: `1.2` or `1.3`. Default `1.2`.
  /// `alpn`: names of protocols that a client may ask for, best first; who asks for others is served too. Default: none.
  var show = ServerCertificate.Options()
  /// `client_ca`: a PEM file; TLS clients must show a certificate that one of those in it signed. Of `listen` only, with
  /// `require: true`. Default: none is asked for.
  var clientRoots: String?
}

/// How miners' connections begin, besides where they come to.
struct ListenOptions: Sendable, Equatable {
  /// `listen.tls`, with `listen.address` in place of `listen`. TLS and plain stratum are taken at one port. Default: plain
  /// alone.
  var tls: TLSOptions?
  /// `listen.tls.require`: `true` refuses plain connections. Default `false`.
  var requiresTLS = false
  /// `listen.proxy_protocol.from`: networks of proxies, at most 64. Connections from there must begin with a PROXY header
  /// (version 1 or 2), and have the address that it names; a header from elsewhere is refused. Default: none.
  var proxies: [NetworkRange] = []
}
