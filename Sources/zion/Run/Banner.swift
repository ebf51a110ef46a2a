import Glibc
import Stratum

/// What `zion run` says when miners can come.
struct Banner: Sendable {
  let configuration: Configuration
  let stratum: HostPort
  let network: String?

  func show(apiPort: Int) {
    let host = stratum.host == "0.0.0.0" || stratum.host == "::" ? "127.0.0.1" : stratum.host
    let api = "http://\(configuration.api.listen.host):\(apiPort)"
    let user = configuration.local.isEnabled ? "ZION_0000000000000000000000000000000000000001" : "anything"
    var lines = ["", "ZION proxy \(Version.current) is ready"]
    if let network {
      let names = configuration.local.algorithms.map(\.rawValue).joined(separator: " ")
      lines.append("  local pool    \(configuration.local.name) on \(network)")
      lines.append("  algorithms    \(names)")
    }
    for pool in configuration.pools where pool.isEnabled {
      lines.append("  upstream      \(pool.name), \(pool.algorithm.rawValue), at \(pool.urls.first?.description ?? "")")
    }
    let scheme = configuration.door.requiresTLS ? "stratum+ssl" : "stratum+tcp"
    if configuration.door.tls != nil, !configuration.door.requiresTLS {
      lines.append("  miners (TLS)  stratum+ssl://\(host):\(stratum.port)")
    }
    lines += [
      "  miners        \(scheme)://\(host):\(stratum.port)   user ADDRESS.worker, password a=ALGORITHM or anything"
    ]
    if !configuration.door.requiresTLS {
      lines += [
        "  try it        zion mine --url stratum+tcp://\(host):\(stratum.port) --user \(user).rig1",
        "                  --algorithm \(configuration.algorithm.rawValue)",
      ]
    }
    lines += [
      "  statistics    curl \(api)/api/stats",
      "  stop          Ctrl-C", "",
    ]
    print(lines.joined(separator: "\n"))
    // Whoever waits for these lines at the other end of a pipe waits no longer.
    fflush(nil)
  }
}
