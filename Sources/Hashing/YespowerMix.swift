/// smix of yespower: fills the boxes, fills the table row by row, then reads rows at random.
///
/// Rows are `blockCount` blocks of 64 bytes. Each is computed where it stays: row i + 1 of the table from row i, so
/// that nothing is copied.
struct YespowerMix<Transform: PwxTransform> {
  let rowStart: UnsafeMutableRawPointer
  private let rowByteCount: Int
  private let rowCount: Int
  private let table: UnsafeMutableRawPointer
  private let boxes: UnsafeMutableRawPointer
  private var transform: Transform

  private static var blockByteCount: Int { SalsaBlock.byteCount }
  private static var pairByteCount: Int { 2 * SalsaBlock.byteCount }

  init(_ parameters: YespowerParameters, _ scratch: HashScratch) {
    rowCount = parameters.rowCount
    rowByteCount = parameters.rowSize * Self.pairByteCount
    let tableByteCount = rowCount * rowByteCount
    table = scratch.memory(byteCount: tableByteCount + rowByteCount + Transform.boxesByteCount)
    rowStart = table + tableByteCount
    boxes = rowStart + rowByteCount
    transform = Transform(boxes: boxes)
  }

  /// Input and output: one row, in the order of the specification.
  var row: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: rowStart, count: rowByteCount) }

  /// The first 128 bytes of the row, which are all that version 1.0 reads of it.
  var seed: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: rowStart, count: Self.pairByteCount) }

  mutating func run() {
    fillBoxes()
    var index = fillTable()
    let loops = Self.loops(rowCount: rowCount)
    for _ in 0..<loops.writing { index = mixRow(with: tableRow(index), writesBack: true) }
    for _ in 0..<loops.reading { index = mixRow(with: tableRow(index), writesBack: false) }
    for block in stride(from: 0, to: rowByteCount, by: Self.blockByteCount) {
      SalsaBlock(storedAt: rowStart + block).write(to: rowStart + block)
    }
  }

  /// A third of N, rounded up to even, of which version 0.5 leaves the last two without writing when it is not even.
  private static func loops(rowCount: Int) -> (writing: Int, reading: Int) {
    let third = (rowCount + 2) / 3
    let all = (third + 1) & ~1
    let writing = Transform.roundsWritingLoopsUp ? all : third & ~1
    return (writing, all - writing)
  }

  private func tableRow(_ index: UInt32) -> UnsafeMutableRawPointer {
    table + Int(index & UInt32(truncatingIfNeeded: rowCount - 1)) &* rowByteCount
  }

  /// The row before `i` that `index` picks of the latest power of two.
  @inline(__always)
  private static func wrap(_ index: UInt32, _ i: Int) -> Int {
    let power = 1 &<< (Int.bitWidth &- 1 &- i.leadingZeroBitCount)
    return Int(index) & (power &- 1) &+ (i &- power)
  }

  /// Salsa20 over rows of one pair, from the first pair of the row and back into it.
  private func fillBoxes() {
    var left = SalsaBlock(at: rowStart)
    var right = SalsaBlock(at: rowStart + Self.blockByteCount)
    for i in 0..<Transform.boxesByteCount / Self.pairByteCount {
      let pair = boxes + i &* Self.pairByteCount
      left.store(to: pair)
      right.store(to: pair + Self.blockByteCount)
      if i > 1 {
        let other = boxes + Self.wrap(right.s0.x, i) &* Self.pairByteCount
        left ^= SalsaBlock(storedAt: other)
        right ^= SalsaBlock(storedAt: other + Self.blockByteCount)
      }
      left ^= right
      left.permute(doubleRounds: Transform.salsaDoubleRounds)
      right ^= left
      right.permute(doubleRounds: Transform.salsaDoubleRounds)
    }
    left.write(to: rowStart)
    right.write(to: rowStart + Self.blockByteCount)
  }

  /// Fills all rows; the row after the last is the state that `run` goes on with.
  private mutating func fillTable() -> UInt32 {
    let seeds = Transform.seedsWholeRow ? rowByteCount : Self.pairByteCount
    for block in stride(from: 0, to: seeds, by: Self.blockByteCount) {
      SalsaBlock(at: rowStart + block).store(to: table + block)
    }
    for pair in stride(from: seeds, to: rowByteCount, by: Self.pairByteCount) {
      let previous = table + (pair - Self.pairByteCount)
      _ = mix(previous, byteCount: Self.pairByteCount, into: table + pair)
    }
    var index = mix(table, byteCount: rowByteCount, into: table + rowByteCount)
    index = mix(table + rowByteCount, byteCount: rowByteCount, into: table + 2 * rowByteCount)
    for i in 2..<rowCount {
      // The last goes to the row behind the table, which is the state.
      let row = table + i &* rowByteCount
      index = mix(row, with: table + Self.wrap(index, i) &* rowByteCount, into: row + rowByteCount)
    }
    return index
  }

  // MARK: blockmix

  /// The next row of `row` alone; both have `byteCount` bytes.
  private mutating func mix(
    _ row: UnsafeMutableRawPointer, byteCount: Int, into output: UnsafeMutableRawPointer
  ) -> UInt32 {
    var transform = transform
    let last = byteCount &- Self.blockByteCount
    var state = PwxBlock(storedAt: row + last)
    for block in stride(from: 0, through: last, by: Self.blockByteCount) {
      state ^= PwxBlock(storedAt: row + block)
      transform.apply(&state)
      state.store(to: output + block)
    }
    self.transform = transform
    return Self.finish(output + last)
  }

  /// The next row of `row` ^ `other`.
  private mutating func mix(
    _ row: UnsafeMutableRawPointer, with other: UnsafeMutableRawPointer, into output: UnsafeMutableRawPointer
  ) -> UInt32 {
    var transform = transform
    let last = rowByteCount &- Self.blockByteCount
    var state = PwxBlock(storedAt: row + last)
    state ^= PwxBlock(storedAt: other + last)
    var block = 0
    repeat {
      state ^= PwxBlock(storedAt: row + block)
      state ^= PwxBlock(storedAt: other + block)
      transform.apply(&state)
      state.store(to: output + block)
      block &+= Self.blockByteCount
    } while block <= last
    self.transform = transform
    return Self.finish(output + last)
  }

  /// The next state of state ^ `other`, which is also written to `other`.
  @inline(__always)
  private mutating func mixRow(with other: UnsafeMutableRawPointer, writesBack: Bool) -> UInt32 {
    var transform = transform
    let row = rowStart
    let last = rowByteCount &- Self.blockByteCount
    var state = PwxBlock(storedAt: row + last)
    state ^= PwxBlock(storedAt: other + last)
    var block = 0
    repeat {
      var mixed = PwxBlock(storedAt: row + block)
      mixed ^= PwxBlock(storedAt: other + block)
      if writesBack { mixed.store(to: other + block) }
      state ^= mixed
      transform.apply(&state)
      state.store(to: row + block)
      block &+= Self.blockByteCount
    } while block <= last
    self.transform = transform
    return Self.finish(row + last)
  }

  /// Salsa20 over the last block; its first word picks the next row.
  @inline(__always)
  private static func finish(_ last: UnsafeMutableRawPointer) -> UInt32 {
    var block = SalsaBlock(storedAt: last)
    block.permute(doubleRounds: Transform.salsaDoubleRounds)
    block.store(to: last)
    return block.s0.x
  }
}
