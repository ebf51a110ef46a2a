import Dispatch
import Foundation
import TestSupport
import Testing

/// What libFuzzer has found so far, once more, and a little beside it. `make fuzz` searches on.
@Suite struct ReplayTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Corpus")
  private static let names = FuzzTarget.all.map(\.name)
  private static let mutations = 300

  private static func corpus(_ name: String) throws -> [(file: String, bytes: [UInt8])] {
    let place = folder.appendingPathComponent(name)
    return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted().map { file in
      (file, Array(try Data(contentsOf: place.appendingPathComponent(file))))
    }
  }

  @Test func `every target has a corpus, and every corpus a target`() throws {
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted() == Self.names.sorted())
    #expect(Set(Self.names).count == Self.names.count)
  }

  @Test(arguments: names)
  func `inputs of the corpus keep every promise`(name: String) async throws {
    let target = try #require(FuzzTarget.named(name))
    let corpus = try Self.corpus(name)
    #expect(!corpus.isEmpty)
    for broken in await Self.run(target, corpus.map(\.bytes)) {
      Issue.record("\(name)/\(corpus[broken.index].file): \(broken.promise)")
    }
  }

  @Test(arguments: names)
  func `inputs with a few wrong bytes keep every promise`(name: String) async throws {
    let target = try #require(FuzzTarget.named(name))
    let corpus = try Self.corpus(name).map(\.bytes)
    var random = SeededRandom(seed: UInt64(name.utf8.reduce(UInt32(1)) { $0 &* 31 &+ UInt32($1) }))
    let inputs = (0..<Self.mutations).map { _ in
      var bytes = corpus[Int.random(in: corpus.indices, using: &random)]
      for _ in 0..<Int.random(in: 1...4, using: &random) { bytes.mutate(with: corpus, using: &random) }
      return Array(bytes.prefix(target.byteLimit))
    }
    for broken in await Self.run(target, inputs) {
      Issue.record("\(broken.promise): \(Data(inputs[broken.index]).base64EncodedString())")
    }
  }

  /// On a thread that may wait: some targets wait for what is asynchronous.
  private static func run(_ target: FuzzTarget, _ inputs: [[UInt8]]) async -> [(index: Int, promise: String)] {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        var broken: [(index: Int, promise: String)] = []
        for (index, input) in inputs.enumerated() {
          do throws(Broken) {
            try target.run(input)
          } catch {
            broken.append((index, error.description))
          }
        }
        continuation.resume(returning: broken)
      }
    }
  }
}
