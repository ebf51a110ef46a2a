import Orchestrator
import Stratum
import Yams

/// Reads a configuration and what it names (policy, token). All mistakes of all files are reported together.
struct ConfigurationFile {
  private let report: ProblemList
  private let path: String

  private init(path: String) {
    self.path = path
    report = ProblemList(file: path)
  }

  static func load(_ path: String) throws(ConfigurationInvalid) -> Configuration {
    let file = ConfigurationFile(path: path)
    let configuration: Configuration
    do throws(TextFile.Unreadable) {
      configuration = file.read(try TextFile.read(path))
    } catch {
      file.report.add(line: nil, "", "cannot be read: \(error.reason)")
      throw ConfigurationInvalid(problems: file.report.problems)
    }
    guard file.report.problems.isEmpty else { throw ConfigurationInvalid(problems: file.report.sorted) }
    return configuration
  }

  /// What policies may name in a configuration whose own policy may have mistakes.
  static func policyNames(_ path: String) throws(ConfigurationInvalid) -> PolicyNames {
    let file = ConfigurationFile(path: path)
    let text: String
    do throws(TextFile.Unreadable) {
      text = try TextFile.read(path)
    } catch {
      throw ConfigurationInvalid(
        problems: [ConfigurationProblem(file: path, line: nil, key: "", message: "cannot be read: \(error.reason)")])
    }
    let configuration = file.read(text)
    let own = file.report.sorted.filter { $0.file == path }
    guard own.isEmpty else { throw ConfigurationInvalid(problems: own) }
    return configuration.policyNames
  }

  /// The same from text; `path` is what messages call it, and where the files that it names are looked for.
  static func parse(_ text: String, path: String) throws(ConfigurationInvalid) -> Configuration {
    let file = ConfigurationFile(path: path)
    let configuration = file.read(text)
    guard file.report.problems.isEmpty else { throw ConfigurationInvalid(problems: file.report.sorted) }
    return configuration
  }

  private func read(_ text: String) -> Configuration {
    var result = Configuration()
    guard let root = YAMLSection(document: text, report: report) else { return result }
    let listen: HostPort
    (listen, result.door) = ListenSection(path: path).read(root, default: result.listen)
    result.listen = listen
    result.threads = root.value("threads") { text throws(Wrong) in try Quantity.integer(text, in: 0...1024) } ?? 0
    result.algorithm = root.choice("algorithm") ?? result.algorithm
    result.reply = root.choice("reply") ?? result.reply
    result.data = root.value("data", Name.path) ?? result.data
    result.api = api(root.section("api"), stratum: listen)
    result.vardiff = VardiffSection(root.section("vardiff"), algorithm: result.algorithm).read()
    result.limits = LimitsSection(root.section("limits")).read()
    result.bans = BansSection(root.section("bans")).read()
    result.receipts = ReceiptOptions(root.section("receipts"))
    result.pools = pools(root, algorithm: result.algorithm)
    result.local = LocalPoolSection(root.section("local"), algorithm: result.algorithm, path: path).read()
    result.miners = MinersSection.read(root)
    result.alerts = AlertSection(root.section("alerts"), path: path).read()
    result.prices = PricesSection(root.section("prices"), path: path).read()
    checkNames(result, root)
    result.policySource = policySource(root)
    if let source = result.policySource {
      let reading = PolicyFile.read(source, names: result.policyNames)
      report.add(reading.problems)
      result.policy = reading.policy
    }
    root.end()
    return result
  }

  private func api(_ section: YAMLSection, stratum: HostPort) -> APIOptions {
    // Port 0 means any free port for the API too: there is no “next” one.
    let port = stratum.port == 0 ? 0 : min(stratum.port + 1, 65535)
    var result = APIOptions(listen: HostPort(host: "127.0.0.1", port: port))
    result.listen = section.value("listen") { text throws(Wrong) in try HostPort(text) } ?? result.listen
    result.token = section.value("token", Name.token)
    if let file = section.value("token_file", Name.path) {
      let node = section.node("token_file")
      if section.node("token") != nil {
        report.add(node, section.key("token_file"), "token is set too", write: "only one of token and token_file")
      }
      result.token = token(in: TextFile.path(file, besides: path), section, node)
    }
    result.listeners =
      section.value("listeners") { text throws(Wrong) in try Quantity.integer(text, in: 1...100_000) }
      ?? result.listeners
    APISection(section).read(into: &result, besides: path)
    result.tls = TLSSection(section.section("tls"), path: path).read(takesClients: false)
    section.end()
    return result
  }

  private func token(in file: String, _ section: YAMLSection, _ node: Node?) -> String? {
    let text: String
    do throws(TextFile.Unreadable) {
      text = try TextFile.read(file)
    } catch {
      report.add(
        node, section.key("token_file"), "\(file) cannot be read: \(error.reason)", write: "a file that exists")
      return nil
    }
    do throws(Wrong) {
      return try Name.token(String(text.split(whereSeparator: \.isNewline).first?.trimming() ?? ""))
    } catch {
      report.add(node, section.key("token_file"), "\(file) holds no token", write: "\(error.instead) on its first line")
    }
    return nil
  }

  private func pools(_ root: YAMLSection, algorithm: Algorithm) -> [PoolOptions] {
    root.elements("pools", of: "pools").compactMap { node, path in
      let section = YAMLSection(node, path: path, report: report)
      let name = section.required("name", example: "alpha", Name.source)
      let url = section.required("url", example: "stratum+tcp://HOST:PORT") { text throws(Wrong) in try StratumURL(text)
      }
      let more = section.values("fallback_urls", of: "URLs") { text throws(Wrong) in try StratumURL(text) }
      let user = section.required("user", example: "YOUR_ACCOUNT", Name.user)
      // A mistake must not hide the mistakes of other pools, nor make this name unknown to the policy.
      let anywhere = StratumURL(isEncrypted: false, endpoint: HostPort(host: "0.0.0.0", port: 1))
      var pool = PoolOptions(name: name ?? path, urls: [url ?? anywhere] + more, user: user ?? "")
      pool.password = section.value("password", Name.password) ?? pool.password
      pool.worker = section.value("worker", Name.workerTemplate) ?? pool.worker
      pool.algorithm = section.choice("algorithm") ?? algorithm
      pool.extranonce2ByteCount =
        section.value("extranonce2") { text throws(Wrong) in
          try Quantity.integer(text, in: Limits.extranonce2Bytes)
        } ?? pool.extranonce2ByteCount
      pool.isEnabled = section.value("enabled", Quantity.boolean) ?? true
      pool.trust = TrustSection(section, path: self.path).read(isUsed: pool.urls.contains(where: \.isEncrypted))
      pool.money = PoolMoneySection(section).read()
      section.end()
      return pool
    }
  }

  private func checkNames(_ configuration: Configuration, _ root: YAMLSection) {
    var seen: [String: String] = [:]
    for (pool, element) in zip(configuration.pools, root.elements("pools", of: "pools")) {
      let node = element.node.mapping?["name"]
      if let first = seen[pool.name] {
        report.add(node, "\(element.path).name", "“\(pool.name)” is also the name of \(first)", write: "another name")
      }
      seen[pool.name] = element.path
    }
    guard configuration.local.isEnabled else {
      if !configuration.pools.contains(where: \.isEnabled) {
        report.add(
          root.node("local"), "local.enabled", "there is no enabled pool and no local pool: nothing to mine",
          write: "a pool under pools:, or enabled: true")
      }
      return
    }
    if let first = seen[configuration.local.name] {
      report.add(
        root.section("local").node("name") ?? root.node("pools"), "local.name",
        "“\(configuration.local.name)” is also the name of \(first)", write: "another name")
    }
  }

  private func policySource(_ root: YAMLSection) -> PolicySource? {
    guard let file = root.value("policy", Name.path) else { return nil }
    let place = TextFile.path(file, besides: path)
    do throws(TextFile.Unreadable) {
      return PolicySource(file: place, text: try TextFile.read(place))
    } catch {
      report.add(
        root.node("policy"), "policy", "\(place) cannot be read: \(error.reason)",
        write: "a path from the folder of \(path), such as ../policies/default.yaml")
      return nil
    }
  }
}

extension ProblemList {
  /// The problems of this file by line, then those of other files as they came.
  var sorted: [ConfigurationProblem] {
    let own = problems.filter { $0.file == file }.enumerated()
      .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }.map(\.element)
    return own + problems.filter { $0.file != file }
  }
}

extension YAMLSection {
  /// The top of a document; `nil`, and a problem, when it is not YAML. An empty document has no options set.
  convenience init?(document text: String, report: ProblemList) {
    if let line = YAMLKeys.lineOfFirstList(in: text) {
      report.add(line: line, "", "this key is a list, a mapping or an alias; write KEY: VALUE with one word as the key")
      return nil
    }
    do {
      self.init(try Parser(yaml: text).singleRoot(), path: "", report: report)
    } catch let error as YamlError {
      let (line, message) = Self.explain(error)
      report.add(line: line, "", message)
      return nil
    } catch {
      report.add(line: nil, "", "this is not YAML: \(error)")
      return nil
    }
  }

  private static func explain(_ error: YamlError) -> (line: Int?, message: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let place = context.map { ", \($0.text) that begins in line \($0.mark.line)" } ?? ""
      return (
        mark.line,
        "this is not YAML: \(problem) at column \(mark.column)\(place); write KEY: VALUE with spaces, no tabs"
      )
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.joined(separator: ", ")
      return (context.mark.line, "\(names): this key is there twice in one section; write it once")
    case .reader(let problem, let offset, _, let text):
      let line = offset.map { text.utf8.prefix($0).count(where: { $0 == 10 }) + 1 }
      return (line, "this is not text: \(problem); write UTF-8 without control characters")
    default: return (nil, "this is not YAML: \(error)")
    }
  }
}
