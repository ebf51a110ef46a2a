/// One command's page for `man`, in the language of man(7).
struct ManualPage {
  let command: CommandDescription
  let version: String

  /// `zion-policy-check.1`
  var fileName: String { "\(command.words.joined(separator: "-")).1" }

  var text: String {
    let title = command.words.joined(separator: "-")
    var lines = [
      #".TH "\#(title.uppercased())" "1" "" "zion \#(version)" "zion""#,
      ".SH NAME", #"\fB\#(Self.escaped(title))\fR \- \#(Self.escaped(abstract))"#,
      ".SH SYNOPSIS", synopsis,
    ]
    if let discussion = command.discussion, !discussion.isEmpty {
      lines += [".SH DESCRIPTION"] + Self.paragraphs(discussion)
    }
    let shown = (command.arguments ?? []).filter(\.shouldDisplay)
    if !shown.isEmpty { lines += [".SH OPTIONS"] + shown.flatMap(Self.entry) }
    if !command.visible.isEmpty {
      lines.append(".SH COMMANDS")
      for sub in command.visible {
        lines += [
          ".TP", #"\fB\#(Self.escaped(sub.words.joined(separator: " ")))\fR"#,
          Self.line("\(sub.abstract ?? "") See \(sub.words.joined(separator: "-"))(1)."),
        ]
      }
    }
    if let parent = command.superCommands, !parent.isEmpty {
      lines += [".SH SEE ALSO", #"\fB\#(Self.escaped(parent.joined(separator: "-")))\fR(1)"#]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var abstract: String {
    let text = command.abstract ?? command.commandName
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private var synopsis: String {
    var parts = [#"\fB\#(Self.escaped(command.words.joined(separator: " ")))\fR"#]
    if !command.visible.isEmpty { parts.append(#"\fICOMMAND\fR"#) }
    for argument in (command.arguments ?? []) where argument.shouldDisplay {
      let usage = Self.usage(argument)
      parts.append(argument.isOptional ? "[\(usage)]" : usage)
    }
    return parts.joined(separator: " ")
  }

  /// `--config \fIconfig\fR`
  private static func usage(_ argument: CommandDescription.Argument) -> String {
    let value = #"\fI\#(escaped(argument.valueName ?? ""))\fR"#
    let more = argument.isRepeating ? " ..." : ""
    guard argument.kind != "positional" else { return value + more }
    let name = #"\fB\#(escaped(longest(argument)))\fR"#
    return (argument.kind == "flag" ? name : "\(name) \(value)") + more
  }

  private static func longest(_ argument: CommandDescription.Argument) -> String {
    (argument.names ?? []).map(\.text).max { $0.count < $1.count } ?? argument.valueName ?? ""
  }

  private static func entry(_ argument: CommandDescription.Argument) -> [String] {
    let names = (argument.names ?? []).map { #"\fB\#(escaped($0.text))\fR"# }.joined(separator: ", ")
    let value = argument.kind == "flag" ? "" : #"\fI\#(escaped(argument.valueName ?? ""))\fR"#
    let head = [names, value].filter { !$0.isEmpty }.joined(separator: " ")
    let preset = argument.kind == "option" ? argument.defaultValue.map { " Default: \($0)." } ?? "" : ""
    return [".TP", head, line((argument.abstract ?? "") + preset)]
  }

  /// Lines that begin with spaces keep their shape; others flow.
  private static func paragraphs(_ text: String) -> [String] {
    var lines: [String] = []
    var isExample = false
    for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indented = part.hasPrefix("  ")
      if indented != isExample {
        lines.append(indented ? ".nf" : ".fi")
        isExample = indented
      }
      lines.append(part.allSatisfy(\.isWhitespace) ? ".PP" : line(String(part)))
    }
    return lines + (isExample ? [".fi"] : [])
  }

  /// A line of text that `man` does not take for a command.
  private static func line(_ text: String) -> String {
    let flat = escaped(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    return flat.hasPrefix(".") || flat.hasPrefix("'") ? #"\&"# + flat : flat
  }

  private static func escaped(_ text: String) -> String {
    text.replacing(#"\"#, with: #"\e"#).replacing("-", with: #"\-"#)
  }
}
