/// Holds a JSON value against as much of JSON Schema as our OpenAPI document uses.
///
/// Stricter than the document in one thing: a member that it does not name is a mistake too.
public struct SchemaCheck {
  private let document: JSON

  public init(document: JSON) { self.document = document }

  /// What is wrong: a line for each, with where it is; empty when nothing is.
  public func mistakes(in value: JSON, as schema: JSON, at place: String = "$") -> [String] {
    if let reference = schema["$ref"].string { return mistakes(in: value, as: resolve(reference), at: place) }
    let choices = schema["anyOf"].array
    if !choices.isEmpty {
      let all = choices.map { mistakes(in: value, as: $0, at: place) }
      return all.contains([]) ? [] : all.min { $0.count < $1.count } ?? []
    }
    let words = schema["enum"].array
    if !words.isEmpty, !words.contains(value) { return ["\(place): \(value) is none of \(words)"] }
    return switch schema["type"].string {
    case "object": object(value, schema, place)
    case "array": array(value, schema, place)
    case "string": value.string == nil ? ["\(place): \(value) is no string"] : []
    case "boolean": value.bool == nil ? ["\(place): \(value) is no boolean"] : []
    case "integer":
      value.int.map { $0 >= schema["minimum"].int ?? .min } ?? false ? [] : ["\(place): \(value) is no integer"]
    case "number": value.double == nil ? ["\(place): \(value) is no number"] : []
    default: schema.object.isEmpty ? [] : ["\(place): there is no type in \(schema)"]
    }
  }

  private func resolve(_ reference: String) -> JSON {
    reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] }
  }

  private func object(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
    guard case .object(let members) = value else { return ["\(place): \(value) is no object"] }
    var lines = schema["required"].array.compactMap(\.string).filter { members[$0] == nil }
      .map { "\(place).\($0) is missing" }
    let properties = schema["properties"].object
    let others = schema["additionalProperties"]
    // A schema that names nothing says nothing of members.
    guard !properties.isEmpty || !others.isNull else { return lines }
    for (name, member) in members.sorted(by: { $0.key < $1.key }) {
      if let known = properties[name] {
        lines += mistakes(in: member, as: known, at: "\(place).\(name)")
      } else if others.isNull {
        lines.append("\(place).\(name) is not in the document")
      } else {
        lines += mistakes(in: member, as: others, at: "\(place).\(name)")
      }
    }
    return lines
  }

  private func array(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
    guard case .array(let elements) = value else { return ["\(place): \(value) is no array"] }
    return elements.enumerated().flatMap { mistakes(in: $1, as: schema["items"], at: "\(place)[\($0)]") }
  }
}

/// Holds an answer against a recorded or documented one by shape: what is in that must be here, with the same types.
public enum ShapeCheck {
  /// What is missing or of another type; empty when nothing is. Members beyond the documented ones are fine.
  public static func differences(of answer: JSON, from golden: JSON, at place: String = "$") -> [String] {
    switch (golden, answer) {
    case (.object(let wanted), .object(let given)):
      // A documented map of anything (by port, by worker, by name) has other keys here.
      let isMap = !wanted.isEmpty && wanted.keys.allSatisfy { given[$0] == nil } && !given.isEmpty
      if isMap, let sample = wanted.values.first {
        return given.flatMap { differences(of: $0.value, from: sample, at: "\(place).\($0.key)") }
      }
      return wanted.sorted { $0.key < $1.key }.flatMap { name, value in
        given[name].map { differences(of: $0, from: value, at: "\(place).\(name)") } ?? ["\(place).\(name) is missing"]
      }
    case (.array(let wanted), .array(let given)):
      guard let sample = wanted.first else { return [] }
      guard !given.isEmpty else { return ["\(place) is empty: nothing to compare"] }
      return given.enumerated().flatMap { differences(of: $1, from: sample, at: "\(place)[\($0)]") }
    case (.string, .string), (.number, .number), (.bool, .bool), (.null, _): return []
    default: return ["\(place): \(answer) where \(golden) was expected"]
    }
  }
}
