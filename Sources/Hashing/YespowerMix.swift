/// smix of yespower: fills the boxes, fills the table row by row, then reads rows at random.
///
/// Each row is computed where it stays, row i + 1 of the table from row i, so that nothing is copied. All of it is in
/// the order of `SalsaBlock`.
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
    for _ in 0..<loops.writing { index = mixStateBack(with: tableRow(index)) }
    for _ in 0..<loops.reading { index = mixState(with: tableRow(index)) }
    for block in stride(from: 0, to: rowByteCount, by: Self.blockByteCount) {
      SalsaBlock(storedAt: rowStart + block).write(to: rowStart + block)
    }
  }

  /// A third of N, rounded up to even, of which the last two do not write in version 0.5 when the third itself is odd.
  private static func loops(rowCount: Int) -> (writing: Int, reading: Int) {
    let third = (rowCount + 2) / 3
    let all = (third + 1) & ~1
    let writing = Transform.roundsWritingLoopsUp ? all : third & ~1
    return (writing, all - writing)
  }

  private func tableRow(_ index: UInt32) -> UnsafeMutableRawPointer {
    table + Int(index & UInt32(truncatingIfNeeded: rowCount &- 1)) &* rowByteCount
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

  /// Fills all rows; the row after the last, behind the table, is the state that `run` goes on with.
  private mutating func fillTable() -> UInt32 {
    let seeds = Transform.seedsWholeRow ? rowByteCount : Self.pairByteCount
    for block in stride(from: 0, to: seeds, by: Self.blockByteCount) {
      SalsaBlock(at: rowStart + block).store(to: table + block)
    }
    for pair in stride(from: seeds, to: rowByteCount, by: Self.pairByteCount) {
      _ = mixAlone(table + (pair - Self.pairByteCount), byteCount: Self.pairByteCount, into: table + pair)
    }
    var index: UInt32 = 0
    for i in 0..<2 {
      let row = table + i * rowByteCount
      index = mixAlone(row, byteCount: rowByteCount, into: row + rowByteCount)
    }
    for i in 2..<rowCount {
      let row = table + i &* rowByteCount
      let other = table + Self.wrap(index, i) &* rowByteCount
      index = mixNext(row, with: other)
    }
    return index
  }

  // MARK: blockmix

  // Out of line, each of them: inlined into the loops above, registers run short.

  @inline(never)
  private mutating func mixAlone(
    _ row: UnsafeMutableRawPointer, byteCount: Int, into output: UnsafeMutableRawPointer
  ) -> UInt32 {
    mix(row, with: nil, byteCount: byteCount, into: output)
  }

  @inline(never)
  private mutating func mixNext(_ row: UnsafeMutableRawPointer, with other: UnsafeMutableRawPointer) -> UInt32 {
    mix(row, with: other, byteCount: rowByteCount, into: row + rowByteCount)
  }

  @inline(never)
  private mutating func mixStateBack(with other: UnsafeMutableRawPointer) -> UInt32 {
    mix(rowStart, with: other, byteCount: rowByteCount, writesBack: true, into: rowStart)
  }

  @inline(never)
  private mutating func mixState(with other: UnsafeMutableRawPointer) -> UInt32 {
    mix(rowStart, with: other, byteCount: rowByteCount, into: rowStart)
  }

  /// blockmix of `row` ^ `other`, into `output`, which may be `row`; `other` may take `row` ^ `other`. Gives the word
  /// that picks the next `other`.
  @inline(__always)
  private mutating func mix(
    _ row: UnsafeMutableRawPointer, with other: UnsafeMutableRawPointer?, byteCount: Int, writesBack: Bool = false,
    into output: UnsafeMutableRawPointer
  ) -> UInt32 {
    var transform = transform
    let last = byteCount &- Self.blockByteCount
    var state = PwxBlock(at: row + last)
    if let other { state ^= PwxBlock(at: other + last) }
    var offset = 0
    repeat {
      let block = Self.take(row + offset, with: other.map { $0 + offset }, writesBack: writesBack)
      state ^= block
      transform.apply(&state)
      state.store(to: output + offset)
      offset &+= Self.blockByteCount
    } while offset < last
    // The last block stands apart because Salsa20 ends it, and because the loop would otherwise end in a branch to
    // which the compiler moves half of the round before.
    state ^= Self.take(row + last, with: other.map { $0 + last }, writesBack: writesBack)
    transform.apply(&state)
    self.transform = transform
    var end = SalsaBlock(state)
    end.permute(doubleRounds: Transform.salsaDoubleRounds)
    end.store(to: output + last)
    return end.s0.x
  }

  /// The block at `pointer` ^ the one at `other`, which may take it.
  @inline(__always)
  private static func take(
    _ pointer: UnsafeMutableRawPointer, with other: UnsafeMutableRawPointer?, writesBack: Bool
  ) -> PwxBlock {
    var block = PwxBlock(at: pointer)
    if let other {
      block ^= PwxBlock(at: other)
      if writesBack { block.store(to: other) }
    }
    return block
  }
}
