import Hashing
import Testing

struct HashScratchTests {
  @Test(arguments: [1, 64, 128 << 10, (1 << 20) - 1, 1 << 20, (2 << 20) + 1, 17 << 20])
  func `memory is aligned and can be written from its first to its last byte`(byteCount: Int) {
    let scratch = HashScratch()
    let memory = scratch.memory(byteCount: byteCount)
    #expect(Int(bitPattern: memory) % 64 == 0)
    memory.initializeMemory(as: UInt8.self, repeating: 0xa5, count: byteCount)
    #expect(memory.load(fromByteOffset: byteCount - 1, as: UInt8.self) == 0xa5)
  }

  @Test func `memory stays where it is until more is asked for`() {
    let scratch = HashScratch()
    let first = scratch.memory(byteCount: 4 << 20)
    first.storeBytes(of: 42, as: UInt64.self)
    #expect(scratch.memory(byteCount: 128) == first)
    #expect(scratch.memory(byteCount: 4 << 20) == first)
    #expect(first.load(as: UInt64.self) == 42)
    let more = scratch.memory(byteCount: 8 << 20)
    more.initializeMemory(as: UInt8.self, repeating: 1, count: 8 << 20)
    #expect(scratch.memory(byteCount: 4 << 20) == more)
  }
}
