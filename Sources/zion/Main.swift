import API
import ArgumentParser
import AsyncHTTPClient
import Bench
import Logging
import Metrics
import Pool
import Proxy
import ServiceLifecycle
import Yams

@main
struct Zion: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "zion")
}
