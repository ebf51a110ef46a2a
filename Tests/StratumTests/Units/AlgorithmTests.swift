import Stratum
import TestSupport
import Testing

@Suite struct AlgorithmTests {
  // MARK: names

  @Test(arguments: Algorithm.allCases)
  func `a name is read in any case, with dashes or underscores`(algorithm: Algorithm) {
    let name = algorithm.rawValue
    for text in [name, name.uppercased(), name.lowercased(), name.replacing("_", with: "-")] {
      #expect(Algorithm(named: text) == algorithm)
      #expect(Algorithm(named: Substring(text)) == algorithm)
    }
  }

  @Test(arguments: [
    ("cosmic", Algorithm.cosmicHarmony), ("CosmicHarmony", .cosmicHarmony), ("Cosmic-Harmony", .cosmicHarmony),
    ("sha256", .sha256d), ("SHA256D", .sha256d), ("kp", .kawpow), ("KAW", .kawpow), ("YescryptR16", .yescryptR16),
    ("yespowerr16", .yespowerR16),
  ])
  func `short names and other spellings are known`(text: String, algorithm: Algorithm) {
    #expect(Algorithm(named: text) == algorithm)
  }

  @Test(arguments: [
    "", " ", "randomx", "rx", "rx/0", "autolykos", "autolykos2", "autolykos_v2", "ethash", "progpow", "sha", "scryptn",
    "yescryptR64", "kawpow ", " kawpow", "kawpow2", "cosmic_harmony_2", "k",
  ])
  func `any other name is none`(text: String) { #expect(Algorithm(named: text) == nil) }

  // MARK: mentions

  @Test(arguments: [
    ("cosmic_harmony", Algorithm.cosmicHarmony), ("cosmic", .cosmicHarmony), ("x,COSMIC", .cosmicHarmony),
    ("cosmic-harmony", .cosmicHarmony), ("yescrypt", .yescrypt), ("x yescrypt", .yescrypt),
    ("zion-universal-miner/2.8.1 yescrypt", .yescrypt), ("ZION-Yescrypt-Miner/1.0", .yescrypt),
    ("yescryptR16", .yescryptR16), ("a=yescryptr32,d=1", .yescryptR32), ("YescryptR8", .yescryptR8),
    ("kawpow", .kawpow), ("kawpowminer/1.2.4", .kawpow), ("KawPow;d=0.1", .kawpow), ("scrypt", .scrypt),
    ("yespowerR16", .yespowerR16), ("yespower", .yespower), ("sha256d", .sha256d),
  ])
  func `a word in a password or a user agent names its algorithm, the longest one`(
    text: String, algorithm: Algorithm
  ) {
    #expect(Algorithm(mentionedIn: text) == algorithm)
    #expect(Algorithm(userAgent: text) == algorithm)
  }

  @Test(arguments: [
    "", "x", "password", "randomx", "autolykos", "XMRig/6.21.0", "cgminer/4.11.1", "zion-miner/1.4", "ZION-Miner/2.8",
    "worker1", "kaw",
  ])
  func `what mentions none decides nothing`(text: String) {
    #expect(Algorithm(mentionedIn: text) == nil)
    #expect(Algorithm(userAgent: text) == nil)
  }

  @Test func `SRBMiner is thought to mine KawPow, until it says something else`() {
    #expect(Algorithm(userAgent: "srbminer-multi/2.4.9") == .kawpow)
    #expect(Algorithm(userAgent: "SRBMiner-MULTI/2.4.9") == .kawpow)
    #expect(Algorithm(mentionedIn: "srbminer-multi/2.4.9") == nil)
    #expect(Algorithm(userAgent: "srbminer-multi/2.4.9 cosmic_harmony") == .cosmicHarmony)
  }

  @Test(arguments: Algorithm.allCases, Algorithm.allCases)
  func `of two names in one text the longer counts`(first: Algorithm, second: Algorithm) throws {
    let named = try #require(Algorithm(mentionedIn: "\(first.rawValue),\(second.rawValue)"))
    let longest = max(first.rawValue.count, second.rawValue.count)
    #expect(named.rawValue.count == longest && (named == first || named == second))
  }

  // MARK: numbers

  @Test func `numbers are 1 to 15, none twice, and name their algorithm`() {
    let numbers = Algorithm.allCases.map(\.number)
    #expect(Set(numbers).count == numbers.count)
    for number in UInt8.min ... .max {
      let algorithm = Algorithm(number: number)
      #expect(algorithm?.number == (numbers.contains(number) ? number : nil))
    }
    for algorithm in Algorithm.allCases {
      #expect((1...15).contains(algorithm.number))
      #expect(Algorithm(number: algorithm.number) == algorithm)
    }
  }

  @Test func `the numbers that journals hold stay what they are`() {
    let known: [(Algorithm, UInt8)] = [
      (.sha256d, 1), (.scrypt, 2), (.cosmicHarmony, 3), (.yescrypt, 4), (.yescryptR8, 5), (.yescryptR16, 6),
      (.yescryptR32, 7), (.yespower, 8), (.yespowerR16, 9), (.kawpow, 10),
    ]
    for (algorithm, number) in known { #expect(algorithm.number == number) }
    #expect(known.count == Algorithm.allCases.count)
  }

  // MARK: difficulty

  @Test(arguments: Algorithm.allCases)
  func `a session starts between its bounds, and a step away from both`(algorithm: Algorithm) {
    let (bounds, start) = (algorithm.difficultyBounds, algorithm.startDifficulty)
    #expect(bounds.contains(start))
    #expect(bounds.lowerBound.value * Vardiff.largestStep < start.value)
    #expect(start.value * Vardiff.largestStep < bounds.upperBound.value)
    #expect(start.snapped == start)
    // The easiest target is a real one, and the hardest is not at the end of what there is.
    #expect(bounds.upperBound.target(for: algorithm).number > UInt256(1 << 32))
    #expect(bounds.lowerBound.target(for: algorithm) > bounds.upperBound.target(for: algorithm))
  }

  @Test(arguments: Algorithm.allCases)
  func `difficulty one is 2^32 hashes where ASICs and pools count so, and 2^16 elsewhere`(algorithm: Algorithm) {
    let one = algorithm.difficultyOneTarget
    switch algorithm {
    case .sha256d, .kawpow:
      #expect(one.number.hex == "00000000ffff" + String(repeating: "0", count: 52))
      #expect(one.nBits == 0x1d00_ffff)
    default:
      #expect(one.number.hex == "0000ffff" + String(repeating: "0", count: 56))
      #expect(one.nBits == 0x1f00_ffff)
    }
    #expect(Difficulty(clamping: 1).target(for: algorithm) == one)
    #expect(one.difficulty(for: algorithm) == Difficulty(clamping: 1))
  }

  @Test func `KawPow's lowest difficulty is some four hashes a share`() {
    let work = ShareWork(of: Algorithm.kawpow.difficultyBounds.lowerBound.target(for: .kawpow))
    #expect((2...8).contains(work.hashes))
  }

  @Test func `only KawPow speaks its dialect, and only SHA-256d rolls versions`() {
    for algorithm in Algorithm.allCases {
      #expect((algorithm.dialect == .kawpow) == (algorithm == .kawpow))
      #expect(algorithm.allowsVersionRolling == (algorithm == .sha256d))
      #expect(algorithm.isHeavy == (algorithm.verifyMicroseconds > 100))
    }
  }
}
