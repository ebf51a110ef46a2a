/// A table as the database describes it.
struct TableLayout: Equatable, Sendable {
  struct Column: Equatable, Sendable {
    var name: String
    var isWork: Bool
  }

  var name: String
  var columns: [Column]
  /// The column whose numbers the database gives; `nil` for none.
  var identity: String?
  /// Tables that must be filled first.
  var references: Set<String>

  func column(_ name: String) -> Column? { columns.first { $0.name == name } }

  /// Those that others refer to before the others.
  static func inOrder(_ tables: [TableLayout]) -> [TableLayout] {
    var rest = tables.sorted { $0.name < $1.name }
    var done: [TableLayout] = []
    while !rest.isEmpty {
      let missing = Set(rest.map(\.name))
      let free = rest.filter { $0.references.subtracting([$0.name]).isDisjoint(with: missing) }
      // A circle has no order; the database will say so.
      let next = free.isEmpty ? rest : free
      done += next
      rest.removeAll { table in next.contains { $0.name == table.name } }
    }
    return done
  }
}
