import Foundation
import Stratum
import Synchronization
import Testing

@testable import Hashing

/// A folder of its own, removed with its last holder.
private final class Folder: Sendable {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("kawpow-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

extension HeavyHashes {
  struct KawPowCacheFileTests {
    private let folder = Folder()

    private func written() throws -> (KawPowCache, path: String) {
      let cache = try #require(KawPowTests.cache)
      try KawPowCacheFile.write(cache, to: folder.path)
      return (cache, KawPowCacheFile.path(of: cache.epoch, in: folder.path))
    }

    private func change(_ path: String, _ body: (FileHandle) throws -> Void) throws {
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try body(file)
      try file.close()
    }

    @Test func `a cache that was written is read back, and hashes alike`() throws {
      let (cache, _) = try written()
      let read = try #require(try KawPowCacheFile.load(cache.epoch, from: folder.path))
      #expect(read.seedHash == cache.seedHash)
      #expect(read.contents.elementsEqual(cache.contents))
      let hash = { KawPow.hash(header: cache.seedHash, nonce: 7, height: 9, cache: $0) }
      #expect(hash(read) == hash(cache))
      #expect(folder.names == ["kawpow-0.cache"])
    }

    @Test func `no file is no error`() throws {
      #expect(try KawPowCacheFile.load(#require(KawPowEpoch(number: 3)), from: folder.path) == nil)
    }

    @Test(arguments: [0, 1, 8, 63, 64, 65, 1 << 20, 16_776_896 + 64, 16_776_896 + 16_384 + 63])
    func `a file that ends early is refused`(byteCount: UInt64) throws {
      let (cache, path) = try written()
      try change(path) { try $0.truncate(atOffset: byteCount) }
      #expect(throws: KawPowCacheFileError.damaged(path: path, .size)) {
        try KawPowCacheFile.load(cache.epoch, from: folder.path)
      }
    }

    @Test func `a file that goes on is refused`() throws {
      let (cache, path) = try written()
      try change(path) { file in
        try file.seekToEnd()
        try file.write(contentsOf: Data([0]))
      }
      #expect(throws: KawPowCacheFileError.damaged(path: path, .size)) {
        try KawPowCacheFile.load(cache.epoch, from: folder.path)
      }
    }

    /// Each field of the header, then the first byte, one in the middle and the last of the contents.
    @Test(
      arguments: [
        (0, .magic), (7, .magic), (8, .version), (12, .epoch), (16, .epoch), (23, .epoch), (24, .checksum),
        (55, .checksum), (56, .checksum), (63, .checksum), (64, .checksum), (8_000_000, .checksum),
        (16_776_896 + 16_384 + 63, .checksum),
      ] as [(UInt64, KawPowCacheFileError.Damage)])
    func `a file with one bit wrong is refused`(offset: UInt64, damage: KawPowCacheFileError.Damage) throws {
      let (cache, path) = try written()
      try change(path) { file in
        try file.seek(toOffset: offset)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data([byte ^ 0x10]))
      }
      #expect(throws: KawPowCacheFileError.damaged(path: path, damage)) {
        try KawPowCacheFile.load(cache.epoch, from: folder.path)
      }
    }

    @Test func `another epoch's file is refused, and the error says which file and why`() throws {
      let (_, path) = try written()
      let other = try #require(KawPowEpoch(number: 1))
      let wrong = KawPowCacheFile.path(of: other, in: folder.path)
      try FileManager.default.moveItem(atPath: path, toPath: wrong)
      #expect(throws: KawPowCacheFileError.damaged(path: wrong, .size)) {
        try KawPowCacheFile.load(other, from: folder.path)
      }
      let error = KawPowCacheFileError.damaged(path: wrong, .epoch)
      #expect("\(error)" == "\(wrong) is not used, because it is another epoch's; it is made anew")
    }

    @Test func `a folder that cannot be written is an error that names it`() throws {
      let cache = try #require(KawPowTests.cache)
      #expect(throws: KawPowCacheFileError.system(call: "mkdir", path: "/proc/none", errno: ENOENT)) {
        try KawPowCacheFile.write(cache, to: "/proc/none")
      }
    }

    @Test func `files of other epochs are removed, and nothing else`() throws {
      _ = try written()
      for name in ["kawpow-7.cache", "kawpow-7.cache.new", "kawpow-x.cache", "other", "kawpow-99999.cache"] {
        try Data().write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
      }
      KawPowCacheFile.prune(folder.path) { $0.number == 0 }
      #expect(folder.names == ["kawpow-0.cache", "kawpow-99999.cache", "kawpow-x.cache", "other"])
    }
  }
}

/// Time, threads and events as a test wants them.
private final class Stage: Sendable {
  private let now = Mutex(MonotonicTime.zero)
  private let waiting = Mutex<[@Sendable () -> Void]>([])
  private let events = Mutex<[KawPowCaches.Event]>([])

  func caches(directory: String? = nil) -> KawPowCaches {
    KawPowCaches(
      directory: directory, run: { work in self.waiting.withLock { $0.append(work) } },
      uptime: { self.now.withLock { $0 } }, report: { event in self.events.withLock { $0.append(event) } })
  }

  func advance(_ seconds: Double) { now.withLock { $0 = $0.advanced(bySeconds: seconds) } }

  /// Runs what was given to a thread, and what that gives.
  func runAll() {
    while let work = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { work() }
  }

  /// All but how far builds are.
  func takeEvents() -> [KawPowCaches.Event] {
    let taken = events.withLock { events in
      defer { events = [] }
      return events
    }
    return taken.filter { if case .building = $0 { false } else { true } }
  }
}

extension HeavyHashes {
  struct KawPowCachesTests {
    private let folder = Folder()
    private let stage = Stage()

    private func epoch(_ number: UInt32) throws -> KawPowEpoch { try #require(KawPowEpoch(number: number)) }

    @Test func `a needed cache is made in the background, written, and read by the next run`() throws {
      let epoch = try epoch(0)
      let caches = stage.caches(directory: folder.path)
      caches.need([100], by: 1)
      #expect(caches.ready(epoch) == nil)
      stage.runAll()
      #expect(caches.ready(epoch)?.epoch == epoch)
      #expect(stage.takeEvents() == [.ready(epoch, seconds: 0, fromDisk: false)])
      let next = stage.caches(directory: folder.path)
      next.need([100], by: 1)
      stage.runAll()
      #expect(stage.takeEvents() == [.ready(epoch, seconds: 0, fromDisk: true)])
    }

    @Test func `a damaged file is reported, and replaced`() throws {
      let epoch = try epoch(0)
      let path = KawPowCacheFile.path(of: epoch, in: folder.path)
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      try Data("nothing".utf8).write(to: URL(fileURLWithPath: path))
      let caches = stage.caches(directory: folder.path)
      caches.need([100], by: 1)
      stage.runAll()
      let trouble = KawPowCacheFileError.damaged(path: path, .size)
      #expect(stage.takeEvents() == [.fileTrouble("\(trouble)"), .ready(epoch, seconds: 0, fromDisk: false)])
      #expect(try KawPowCacheFile.load(epoch, from: folder.path) != nil)
    }

    @Test func `a folder that cannot be written is reported, and the cache is there all the same`() throws {
      let caches = stage.caches(directory: "/proc/none")
      caches.need([100], by: 1)
      stage.runAll()
      #expect(caches.ready(try epoch(0)) != nil)
      #expect(
        stage.takeEvents() == [
          .ready(try epoch(0), seconds: 0, fromDisk: false),
          .fileTrouble("mkdir /proc/none: No such file or directory"),
        ])
    }

    @Test func `a cache that is dropped while somebody hashes with it stays usable`() throws {
      let epoch = try epoch(0)
      let caches = stage.caches()
      caches.need([100], by: 1)
      stage.runAll()
      let cache = try #require(caches.ready(epoch))
      caches.need([], by: 1)
      stage.advance(601)
      _ = stage.takeEvents()
      caches.tick()
      #expect(stage.takeEvents() == [.dropped(epoch)])
      #expect(caches.ready(epoch) == nil)
      let vector = try #require(KawPowTests.vectors().first)
      let input = try #require(vector.input)
      let hash = KawPow.hash(header: input.header, nonce: input.nonce, height: input.height, cache: cache)
      #expect(hash.final.displayHex == vector.final_hash)
    }

    @Test func `the next epoch is there before it begins`() throws {
      let caches = stage.caches(directory: folder.path)
      caches.need([7400], by: 1)
      stage.runAll()
      #expect(caches.ready(try epoch(1)) != nil)
      #expect(folder.names == ["kawpow-0.cache", "kawpow-1.cache"])
    }

    @Test func `a build that nobody needs any more ends, and those who wait are told`() throws {
      let caches = stage.caches()
      let answers = Mutex<[Bool]>([])
      caches.need([100], by: 1)
      caches.whenReady(try epoch(0)) { cache in answers.withLock { $0.append(cache != nil) } }
      #expect(answers.withLock { $0 } == [])
      caches.need([], by: 1)
      #expect(answers.withLock { $0 } == [false])
      stage.runAll()
      #expect(stage.takeEvents() == [])
      #expect(caches.ready(try epoch(0)) == nil)
    }

    @Test func `who waits is told at once when the cache is there, and when nobody needs it`() throws {
      let caches = stage.caches()
      caches.need([100], by: 1)
      stage.runAll()
      let answers = Mutex<[KawPowEpoch?]>([])
      for number in UInt32(0)...1 {
        caches.whenReady(try epoch(number)) { cache in answers.withLock { $0.append(cache?.epoch) } }
      }
      #expect(answers.withLock { $0 } == [try epoch(0), nil])
    }

    @Test func `a thread waits for a cache that another thread makes`() throws {
      let caches = KawPowCaches(directory: nil, uptime: { .zero }, report: { _ in })
      caches.need([100], by: 1)
      #expect(caches.wait(for: try epoch(0))?.epoch == (try epoch(0)))
      #expect(caches.wait(for: try epoch(2)) == nil)
    }
  }
}
