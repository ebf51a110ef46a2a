import Yams

/// One mistake in a file.
struct ConfigurationProblem: Error, Equatable, CustomStringConvertible {
  let file: String
  /// From 1; `nil` when it concerns the whole file.
  let line: Int?
  /// `pools[0].url`; empty for the file as such.
  let key: String
  let message: String

  /// `farm.yaml:12: pools[0].url: the scheme “http” is not known; write stratum+tcp://HOST:PORT`
  var description: String {
    [file + (line.map { ":\($0)" } ?? ""), key, message].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}

/// All mistakes of a configuration, in the order of files and lines.
struct ConfigurationInvalid: Error, Equatable, CustomStringConvertible {
  let problems: [ConfigurationProblem]
  var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects the mistakes of one file, so that its owner sees all of them at once.
final class ProblemList {
  let file: String
  private(set) var problems: [ConfigurationProblem] = []
  /// What is no mistake, and may still not be what was meant.
  private(set) var warnings: [ConfigurationProblem] = []
  /// The options that exist, by section; `rules[].when` is that of every rule. Only sections that were read.
  private(set) var options: [String: Set<String>] = [:]

  init(file: String) { self.file = file }

  func add(_ node: Node?, _ key: String, _ what: String, write instead: String) {
    add(line: node?.mark?.line, key, "\(what); write \(instead)")
  }

  func add(line: Int?, _ key: String, _ message: String) {
    problems.append(ConfigurationProblem(file: file, line: line, key: key, message: message))
  }

  func add(_ other: [ConfigurationProblem]) { problems += other }

  func warn(_ node: Node?, _ key: String, _ what: String) {
    warnings.append(ConfigurationProblem(file: file, line: node?.mark?.line, key: key, message: what))
  }

  func note(_ known: [String], in path: String) {
    options[path.replacing(/\[\d+\]/, with: "[]"), default: []].formUnion(known)
  }
}

/// A mapping that is being read: remembers which keys it was asked for, so that the rest can be called unknown.
final class YAMLSection {
  let path: String
  let report: ProblemList
  private let node: Node?
  private let mapping: Node.Mapping?
  private var known: [String] = []

  /// `node` may be missing or empty: then every option has its default.
  init(_ node: Node?, path: String, report: ProblemList) {
    self.path = path
    self.report = report
    self.node = node
    mapping = node?.mapping
    if let node, mapping == nil, !node.isEmpty {
      report.add(node, path, "this is \(node.kind), not a list of options", write: "KEY: VALUE lines")
    }
  }

  /// Where it stands.
  var place: Node? { node }
  /// Whether anything is written in it, right or wrong.
  var hasOptions: Bool { mapping.map { !$0.isEmpty } ?? !(node?.isEmpty ?? true) }

  func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// All keys that are there, in their order.
  var names: [String] { mapping.map(Array.init)?.compactMap(\.key.string) ?? [] }

  /// The key itself: where a message about an entry as such points.
  func keyNode(_ name: String) -> Node? { mapping.map(Array.init)?.first { $0.key.string == name }?.key }

  /// `nil` when it is missing or empty.
  func node(_ name: String) -> Node? {
    known.append(name)
    guard let node = mapping?[name], !node.isEmpty else { return nil }
    return node
  }

  /// The text of a scalar; `nil`, and a problem, when it is something else.
  func text(_ name: String) -> String? {
    guard let node = node(name) else { return nil }
    return text(of: node, key(name))
  }

  private func text(of node: Node, _ key: String) -> String? {
    guard let scalar = node.scalar else {
      report.add(node, key, "this is \(node.kind), not one value", write: "one value")
      return nil
    }
    return String(scalar.string.trimming())
  }

  /// The value of an option, if it is there and right.
  func value<Value>(_ name: String, _ read: (String) throws(Wrong) -> Value) -> Value? {
    guard let node = node(name), let text = text(of: node, key(name)) else { return nil }
    return value(of: node, text, key(name), read)
  }

  private func value<Value>(
    of node: Node, _ text: String, _ key: String, _ read: (String) throws(Wrong) -> Value
  ) -> Value? {
    do throws(Wrong) {
      return try read(text)
    } catch {
      report.add(node, key, error.what, write: error.instead)
      return nil
    }
  }

  /// As `value`, of an option that must be there. `example` follows “write”.
  func required<Value>(_ name: String, example: String, _ read: (String) throws(Wrong) -> Value) -> Value? {
    let value = value(name, read)
    if mapping?[name].map(\.isEmpty) ?? true, mapping != nil || node?.isEmpty ?? true {
      report.add(node, key(name), "is missing", write: "\(name): \(example)")
    }
    return value
  }

  /// One of the cases of an enum.
  func choice<Value: RawRepresentable & CaseIterable>(_ name: String) -> Value? where Value.RawValue == String {
    value(name) { text throws(Wrong) in
      guard let value = Value(rawValue: text) else {
        let names = Value.allCases.map(\.rawValue)
        let near = Spelling.nearest(to: text, among: names).map { "“\(text)” is not known (did you mean \($0)?)" }
        throw Wrong(near ?? "“\(text)” is not known", names.joined(separator: " or "))
      }
      return value
    }
  }

  /// A mapping below this one; empty when it is missing.
  func section(_ name: String) -> YAMLSection { YAMLSection(node(name), path: key(name), report: report) }

  /// A mapping below this one that must be there. `example` follows “write”.
  func needed(_ name: String, example: String) -> YAMLSection? {
    guard node(name) == nil else { return section(name) }
    if mapping != nil || node?.isEmpty ?? true {
      report.add(node, key(name), "is missing", write: "\(name): \(example)")
    }
    return nil
  }

  /// The elements of a sequence with their paths.
  func elements(_ name: String, of what: String) -> [(node: Node, path: String)] {
    guard let node = node(name) else { return [] }
    guard let sequence = node.sequence else {
      report.add(node, key(name), "this is \(node.kind), not a list", write: "a list of \(what), each after “- ”")
      return []
    }
    return sequence.enumerated().map { ($1, "\(key(name))[\($0)]") }
  }

  /// A sequence of scalars; those that are right.
  func values<Value>(_ name: String, of what: String, _ read: (String) throws(Wrong) -> Value) -> [Value] {
    elements(name, of: what).compactMap { node, path in
      text(of: node, path).flatMap { value(of: node, $0, path, read) }
    }
  }

  /// The pairs of a mapping whose keys are the operator's own.
  func entries<Value>(_ name: String, _ read: (String) throws(Wrong) -> Value) -> [(
    key: String, node: Node, value: Value
  )] {
    guard let node = node(name) else { return [] }
    guard let mapping = node.mapping else {
      report.add(node, key(name), "this is \(node.kind), not pairs", write: "NAME: VALUE lines")
      return []
    }
    return mapping.compactMap { pair in
      let name = "\(key(name)).\(pair.key.string ?? "?")"
      guard let text = text(of: pair.value, name), let value = value(of: pair.value, text, name, read) else {
        return nil
      }
      return (pair.key.string ?? "?", pair.key, value)
    }
  }

  /// Call when every option was asked for: the keys that are left are mistakes.
  func end() {
    report.note(known, in: path)
    for pair in mapping.map(Array.init) ?? [] {
      let name = pair.key.string ?? "?"
      guard !known.contains(name) else { continue }
      let near = Spelling.nearest(to: name, among: known)
      let guess = near.map { " (did you mean \($0)?)" } ?? ""
      report.add(
        pair.key, key(name), "there is no such option\(guess)",
        write: "one of \(Set(known).sorted().joined(separator: ", "))")
    }
  }
}

extension Node {
  /// `key:` with nothing behind it, or `~`.
  var isEmpty: Bool {
    guard let scalar else { return false }
    return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
  }

  var kind: String {
    switch self {
    case .scalar: "one value"
    case .mapping: "a list of options"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
