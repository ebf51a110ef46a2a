import Orchestrator
import Stratum

/// JSON Schemas (2020-12) of what is answered, read off the types that are answered: nothing can be in one and not in
/// the other.
enum Schema {
  /// Of a type whose `Decodable` conformance the compiler has written, or that says its schema itself.
  /// - Throws: what a type's own `init(from:)` throws when it is not content with the samples here.
  static func of<Value: Decodable>(_ type: Value.Type) throws -> JSONTree { try SchemaNote.sample(of: type).schema }

  /// One of some words.
  static func words(_ words: some Sequence<String>) -> JSONTree {
    ["type": "string", "enum": .array(words.map(JSONTree.string))]
  }
}

/// A type that does not decode from samples: it shows one, and its schema.
protocol SchemaDescribed: Decodable {
  static var sample: Self { get }
  static var schema: JSONTree { get }
}

extension SchemaDescribed where Self: CaseIterable & RawRepresentable, RawValue == String {
  static var schema: JSONTree { Schema.words(allCases.map(\.rawValue)) }
}

extension Algorithm: SchemaDescribed { static var sample: Algorithm { .sha256d } }
extension PayoutScheme: SchemaDescribed { static var sample: PayoutScheme { .pplns } }
extension FeedState: SchemaDescribed { static var sample: FeedState { .good } }
extension Violation: SchemaDescribed { static var sample: Violation { .invalidShare } }
extension BanPage.Kind: SchemaDescribed { static var sample: BanPage.Kind { .address } }
extension SourceSnapshot.Kind: SchemaDescribed {
  static var sample: SourceSnapshot.Kind { .local }
  static var schema: JSONTree { Schema.words([SourceSnapshot.Kind.local, .upstream].map(\.rawValue)) }
}
