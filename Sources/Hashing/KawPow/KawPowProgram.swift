/// The random program of three heights: what every one of a hash's 64 rounds does to the mix.
///
/// Making one costs about a microsecond, against milliseconds for a hash; who searches nonces keeps it.
///
/// Source: EIP-1057, with the counts of ProgPoW 0.9.4.
struct KawPowProgram: Sendable {
  /// What is merged into register `destination` of all 16 lanes.
  struct Step: Sendable {
    var operation: Operation
    /// A register; for `cached` the one that holds the place.
    var a: UInt8
    /// The second register; unused by `cached`.
    var b: UInt8
    var destination: UInt8
    var merge: Merge
  }

  enum Operation: UInt8, Sendable {
    case add, multiply, multiplyHigh, min, rotateLeft, rotateRight, and, or, xor, leadingZeros, bitCount
    /// A word of the L1 cache.
    case cached
  }

  /// How new data joins a register.
  struct Merge: Sendable {
    enum Kind: UInt8, Sendable { case scaleAdd, xorScale, rotateLeftXor, rotateRightXor }

    let kind: Kind
    /// Bits, from 1 to 31.
    let rotation: UInt32

    init(selector: UInt32) {
      kind =
        switch selector % 4 {
        case 0: .scaleAdd
        case 1: .xorScale
        case 2: .rotateLeftXor
        default: .rotateRightXor
        }
      rotation = selector >> 16 % 31 + 1
    }
  }

  static let registerCount: UInt32 = 32
  static let cacheAccessCount = 11
  static let mathOperationCount = 18

  /// In the order in which they are done.
  let steps: [Step]
  /// Where the four words of the dataset go that each lane gets at a round's end.
  let loads: [(destination: UInt8, merge: Merge)]

  /// The program of the heights from `period` times three on.
  init(period: UInt32) {
    var source = Source(seed: period)
    var steps: [Step] = []
    steps.reserveCapacity(Self.cacheAccessCount + Self.mathOperationCount)
    for i in 0..<Self.mathOperationCount {
      if i < Self.cacheAccessCount {
        let (a, destination) = (source.nextSource(), source.nextDestination())
        let merge = Merge(selector: source.random.next())
        steps.append(Step(operation: .cached, a: a, b: a, destination: destination, merge: merge))
      }
      let pair = source.random.next() % (Self.registerCount * (Self.registerCount - 1))
      let a = pair % Self.registerCount
      // Two different ones.
      let b = pair / Self.registerCount + (pair / Self.registerCount >= a ? 1 : 0)
      let operation = Operation(rawValue: UInt8(source.random.next() % 11)) ?? .add
      let destination = source.nextDestination()
      let merge = Merge(selector: source.random.next())
      steps.append(Step(operation: operation, a: UInt8(a), b: UInt8(b), destination: destination, merge: merge))
    }
    self.steps = steps
    loads = (0..<4).map { i in
      (i == 0 ? 0 : source.nextDestination(), Merge(selector: source.random.next()))
    }
  }
}

/// The random numbers of a program, and the two orders in which registers are taken.
private struct Source {
  var random: KISS99
  private var destinations = (0..<UInt8(KawPowProgram.registerCount)).map { $0 }
  private var sources = (0..<UInt8(KawPowProgram.registerCount)).map { $0 }
  private var destinationCount = 0
  private var sourceCount = 0

  init(seed: UInt32) {
    let z = FNV.oneA(FNV.offsetBasis, seed)
    // The seed has 64 bits, of which a period fills the lower half.
    let w = FNV.oneA(z, 0)
    let jsr = FNV.oneA(w, seed)
    random = KISS99(z: z, w: w, jsr: jsr, jcong: FNV.oneA(jsr, 0))
    for i in stride(from: KawPowProgram.registerCount, to: 1, by: -1) {
      destinations.swapAt(Int(i) - 1, Int(random.next() % i))
      sources.swapAt(Int(i) - 1, Int(random.next() % i))
    }
  }

  mutating func nextDestination() -> UInt8 {
    defer { destinationCount += 1 }
    return destinations[destinationCount % destinations.count]
  }

  mutating func nextSource() -> UInt8 {
    defer { sourceCount += 1 }
    return sources[sourceCount % sources.count]
  }
}
