import API
import Foundation
import NIOCore
import NIOPosix

/// Whether the ports are free, or ours already.
struct PortChecks {
  let configuration: Configuration
  let group: any EventLoopGroup

  func run() async -> [DoctorFinding] {
    let stratum = await bind(configuration.listen)
    let api = await bind(configuration.api.listen)
    let running = stratum == nil && api == nil ? nil : await self.running()
    return [
      Self.judge("listen", configuration.listen, error: stratum, running: running),
      Self.judge("api.listen", configuration.api.listen, error: api, running: running),
    ] + [configuration.api.socket.map(Self.socket)].compactMap(\.self)
  }

  /// Whether `zion run` can open its socket, or replace it.
  private static func socket(_ path: String) -> DoctorFinding {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard access(folder, W_OK | X_OK) == 0 else {
      return .fault(
        "ports", "api.socket: no file can be made in \(folder): \(MachineChecks.words(errno))",
        do: "make the folder, owned by the user that zion runs as, or write another path under api.socket")
    }
    var status = stat()
    guard lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFSOCK else {
      return .fault(
        "ports", "api.socket: \(path) is a file that is no socket",
        do: "move the file away, or write another path under api.socket")
    }
    return .ok("ports", "api.socket \(path) can be opened")
  }

  /// - Parameters:
  ///   - error: number of the system's error; `nil` when the port could be taken.
  ///   - running: the zion that answers at the API's address.
  static func judge(_ key: String, _ place: HostPort, error: Int32?, running: About?) -> DoctorFinding {
    switch error {
    case nil: return .ok("ports", "\(key) \(place) is free")
    case EADDRINUSE:
      if let running { return .ok("ports", "\(key) \(place) is in use by \(running.version), which is running") }
      return .fault(
        "ports", "\(key): port \(place.port) is taken by another program",
        do: "see which: ss -ltnp 'sport = :\(place.port)'; end it, or write another port under \(key)")
    case EACCES:
      return .fault(
        "ports", "\(key): this user may not listen at port \(place.port)",
        do: "write a port from 1024 on, or give the program the right: AmbientCapabilities=CAP_NET_BIND_SERVICE")
    case EADDRNOTAVAIL:
      return .fault(
        "ports", "\(key): \(place.host) is no address of this machine",
        do: "write 0.0.0.0 for all addresses, or one that `ip address` shows")
    case let error?:
      return .fault(
        "ports", "\(key): nobody can listen at \(place): \(MachineChecks.words(error))", do: "write another address")
    }
  }

  private func bind(_ place: HostPort) async -> Int32? {
    do {
      let channel = try await ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: place.host, port: place.port).get()
      try await channel.close()
      return nil
    } catch let error as IOError {
      return error.errnoCode
    } catch {
      // The host has no address.
      return EADDRNOTAVAIL
    }
  }

  private func running() async -> About? {
    let host = ["0.0.0.0", "::"].contains(configuration.api.listen.host) ? "127.0.0.1" : configuration.api.listen.host
    let reader = FleetReader("http://\(HostPort(host: host, port: configuration.api.listen.port))")
    guard let about = try? await reader.stats().about else { return nil }
    // Another zion than this configuration's has another endpoint.
    return about.stratum.hasSuffix(":\(configuration.listen.port)") ? about : nil
  }
}
