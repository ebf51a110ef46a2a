import Chaos
import Testing

@Suite struct SeedRangeTests {
  @Test func `seeds are one number or two with three dots between them`() {
    #expect(SeedRange("7")?.seeds == 7...7)
    #expect(SeedRange("1...200")?.seeds == 1...200)
    for text in ["", "x", "1..2", "2...1", "1...", "...1", "1...2...3", "-1"] {
      #expect(SeedRange(text) == nil, "\(text)")
    }
  }
}
