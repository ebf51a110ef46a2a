import Stratum
import Yams

/// Reads `vardiff:`.
struct VardiffSection {
  private let section: YAMLSection
  /// Whose difficulties stand at the top of the section.
  private let algorithm: Algorithm

  init(_ section: YAMLSection, algorithm: Algorithm) {
    self.section = section
    self.algorithm = algorithm
  }

  func read() -> VardiffOptions {
    var result = VardiffOptions()
    result.targetSeconds =
      section.value("target") { text throws(Wrong) in try Quantity.seconds(text, in: 1...600) } ?? result.targetSeconds
    let algorithms = section.section("algorithms")
    for each in Algorithm.allCases {
      let part = algorithms.section(each.rawValue)
      var range = range(part, of: each)
      part.end()
      if each == algorithm { merge(self.range(section, of: each), into: &range, besides: part) }
      if range != DifficultyRange() { result.ranges[each] = range }
    }
    algorithms.end()
    section.end()
    return result
  }

  private func range(_ part: YAMLSection, of algorithm: Algorithm) -> DifficultyRange {
    let range = DifficultyRange(
      start: part.value("start", Quantity.difficulty), minimum: part.value("minimum", Quantity.difficulty),
      maximum: part.value("maximum", Quantity.difficulty))
    let bounds = algorithm.difficultyBounds
    let (minimum, maximum) = (range.minimum ?? bounds.lowerBound, range.maximum ?? bounds.upperBound)
    if minimum > maximum {
      section.report.add(
        part.node("minimum") ?? part.node("maximum"), part.key("minimum"),
        "\(minimum.value) is above the maximum, \(maximum.value)", write: "a minimum below the maximum")
    }
    return range
  }

  /// The same option at both places is a mistake: which of them should count?
  private func merge(_ top: DifficultyRange, into own: inout DifficultyRange, besides part: YAMLSection) {
    for (name, isTwice) in [
      ("start", top.start != nil && own.start != nil), ("minimum", top.minimum != nil && own.minimum != nil),
      ("maximum", top.maximum != nil && own.maximum != nil),
    ] where isTwice {
      section.report.add(
        section.node(name), section.key(name), "\(part.key(name)) is set too", write: "only one of them")
    }
    own.start = own.start ?? top.start
    own.minimum = own.minimum ?? top.minimum
    own.maximum = own.maximum ?? top.maximum
  }
}
