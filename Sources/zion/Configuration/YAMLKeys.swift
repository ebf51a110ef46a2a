import CYaml

/// Looks for keys that are more than one word, before a text is read.
///
/// No option has such a key, and a list as a key may be made of aliases of aliases: some thirty lines stand for more
/// words than could be compared in a year, which is what reading them does.
enum YAMLKeys {
  private enum Open {
    case list
    case mapping(isKeyNext: Bool)
  }

  /// The line (from 1) of the first; `nil` also for what is no YAML, of which the reader knows more to say.
  static func lineOfFirstList(in text: String) -> Int? {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { return nil }
    defer { yaml_parser_delete(&parser) }
    return Array(text.utf8).withUnsafeBufferPointer { bytes in
      yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
      var open: [Open] = []
      while true {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
        defer { yaml_event_delete(&event) }
        let isKey = if case .mapping(isKeyNext: true)? = open.last { true } else { false }
        switch event.type {
        case YAML_STREAM_END_EVENT: return nil
        case YAML_SCALAR_EVENT: passed(&open)
        case YAML_ALIAS_EVENT where !isKey: passed(&open)
        case YAML_SEQUENCE_START_EVENT where !isKey: open.append(.list)
        case YAML_MAPPING_START_EVENT where !isKey: open.append(.mapping(isKeyNext: true))
        case YAML_ALIAS_EVENT, YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
          return Int(event.start_mark.line) + 1
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
          open.removeLast()
          passed(&open)
        default: break
        }
      }
    }
  }

  /// A whole key, value or element is behind us.
  private static func passed(_ open: inout [Open]) {
    guard case .mapping(let isKeyNext)? = open.last else { return }
    open[open.count - 1] = .mapping(isKeyNext: !isKeyNext)
  }
}
