import Stratum

/// One line of the report: a measure of ours beside the same measure of the baseline in the same run.
public struct Finding: Sendable {
  public enum Aim: Sendable, Equatable {
    case atLeast(Double), atMost(Double)

    func isMet(by value: Double) -> Bool {
      switch self {
      case .atLeast(let bound): value >= bound
      case .atMost(let bound): value <= bound
      }
    }
  }

  /// What the aim is about.
  public enum Judged: Sendable, Equatable { case value, ratio }

  public let measure: String
  public let unit: String
  public let ours: Double
  public let baseline: Double?
  public let aim: Aim?
  public let judged: Judged

  public init(
    _ measure: String, unit: String, ours: Double, baseline: Double? = nil, aim: Aim? = nil, judged: Judged = .value
  ) {
    self.measure = measure
    self.unit = unit
    self.ours = ours
    self.baseline = baseline
    self.aim = aim
    self.judged = judged
  }

  public var ratio: Double? { baseline.map { ours / $0 } }

  /// `nil` without an aim.
  public var isMet: Bool? {
    guard let aim else { return nil }
    switch judged {
    case .value: return aim.isMet(by: ours)
    case .ratio: return ratio.map { aim.isMet(by: $0) } ?? false
    }
  }
}

/// Findings as text for people and for programs.
public struct Report: Sendable {
  public let machine: Machine
  public var findings: [Finding] = []

  public init(machine: Machine) { self.machine = machine }

  /// A markdown table whose columns line up in a terminal too.
  public var table: String {
    var rows = [["measure", "ours", "baseline", "ratio", "aim", "met"]]
    for finding in findings {
      rows.append([
        "\(finding.measure), \(finding.unit)", Self.text(finding.ours), finding.baseline.map(Self.text) ?? "",
        finding.ratio.map(Self.text) ?? "", Self.text(finding.aim, finding.judged),
        finding.isMet.map { $0 ? "yes" : "no" } ?? "",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = row.enumerated().map { index, text in
        let padding = String(repeating: " ", count: widths[index] - text.count)
        return (1...3).contains(index) ? padding + text : text + padding
      }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let rule = widths.enumerated().map { index, width in
      String(repeating: "-", count: width + 1) + ((1...3).contains(index) ? ":" : "-")
    }
    return ([lines[0], "|" + rule.joined(separator: "|") + "|"] + lines.dropFirst()).joined(separator: "\n")
  }

  public var json: String {
    let rows = findings.map { finding in
      "    {\"measure\": \"\(finding.measure)\", \"unit\": \"\(finding.unit)\", \"ours\": \(Self.number(finding.ours)), "
        + "\"baseline\": \(Self.number(finding.baseline)), \"ratio\": \(Self.number(finding.ratio)), "
        + "\"aim\": \"\(Self.text(finding.aim, finding.judged))\", "
        + "\"met\": \(finding.isMet.map { String($0) } ?? "null")}"
    }
    return """
      {
        "cores": \(machine.cores),
        "processor": "\(machine.model.filter { $0 != "\"" && $0 != "\\" })",
        "kernel": "\(machine.kernel)",
        "findings": [
      \(rows.joined(separator: ",\n"))
        ]
      }

      """
  }

  private static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "null" }
    return "\(value)"
  }

  private static func text(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let size = abs(value)
    if size >= 1000 { return grouped(Decimal.fixed(value, decimals: 0)) }
    return Decimal.fixed(value, decimals: size >= 100 ? 0 : size >= 10 ? 1 : 2)
  }

  private static func text(_ aim: Finding.Aim?, _ judged: Finding.Judged) -> String {
    let suffix = judged == .ratio ? "×" : ""
    return switch aim {
    case .atLeast(let bound): "≥ \(text(bound))\(suffix)"
    case .atMost(let bound): "≤ \(text(bound))\(suffix)"
    case nil: ""
    }
  }

  private static func grouped(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0, digits.first != "-" || index > 1 { result.append(",") }
      result.append(digit)
    }
    return result
  }
}
