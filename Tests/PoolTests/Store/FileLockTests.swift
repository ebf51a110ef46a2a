import Foundation
import TestSupport
import Testing

@testable import Pool

/// What is locked on disk can be had again as soon as it is given back, whatever else the process does.
struct FileLockTests {
  /// A second descriptor of an open file, as a child has it from its fork until it executes its program.
  private func copy(ofOpen path: String) throws -> Int32 {
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    let open = descriptors.first { number in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")) == path
    }
    let copy = dup(try #require(open, "\(path) is not open"))
    try #require(copy >= 0)
    return copy
  }

  @Test func `a chain that is closed can be opened while a child of this process still has its file`() async throws {
    let directory = try TemporaryFolder("chain")
    var chain: EmbeddedChain? = try openChain(in: directory.url.path)
    #expect(await chain?.height() == 0)
    let copy = try copy(ofOpen: "\(directory.url.path)/blocks.dat")
    defer { close(copy) }
    #expect(throws: ChainStorageError.inUse(path: "\(directory.url.path)/blocks.dat")) {
      try openChain(in: directory.url.path)
    }
    chain = nil
    #expect(throws: Never.self) { try openChain(in: directory.url.path) }
  }

  @Test func `a journal that is closed can be opened while a child of this process still has its lock`() throws {
    let folder = try TemporaryFolder("journal")
    let directory = "\(folder.url.path)/shares"
    var journal: JournalDirectory? = try JournalDirectory(directory)
    #expect(try journal?.segments().isEmpty == true)
    let copy = try copy(ofOpen: "\(directory)/lock")
    defer { close(copy) }
    #expect(throws: JournalError.inUse(path: directory)) { try JournalDirectory(directory) }
    journal = nil
    #expect(throws: Never.self) { try JournalDirectory(directory) }
  }

  @Test func `a right that is given back can be had while a child of this process still has its file`() async throws {
    let folder = try TemporaryFolder("lease")
    let path = "\(folder.url.path)/payer.lock"
    let lease = try #require(try FileLease(path: path))
    let copy = try copy(ofOpen: path)
    defer { close(copy) }
    #expect(try FileLease(path: path) == nil)
    await lease.end()
    #expect(try FileLease(path: path) != nil)
  }
}
