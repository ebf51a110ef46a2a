import Orchestrator
import TestSupport
import Testing

@testable import zion

@Suite struct PolicyWatchTests {
  /// A watch over a file that a test fills, and what it made of it.
  private struct Bench {
    var watch = PolicyWatch(PolicySource(file: "p.yaml", text: "name: one"))
    var reads = 0

    mutating func look(_ look: PolicyWatch.Look) -> PolicyWatch.Change? {
      var count = 0
      let change = watch.look(look) { source in
        count += 1
        return PolicyFile.read(source, names: PolicyNames(pools: ["a"]))
      }
      reads += count
      return change
    }

    mutating func looks(_ texts: String...) -> [PolicyWatch.Change] { texts.compactMap { look(.text($0)) } }
  }

  private func name(_ change: PolicyWatch.Change?) -> String? {
    if case .use(let policy, _) = change { policy.name } else { nil }
  }

  private func problems(_ change: PolicyWatch.Change?) -> [String] {
    if case .broken(let problems) = change { problems.map(\.description) } else { [] }
  }

  @Test func `a file that stays as it is, or is only touched, is no news`() {
    var bench = Bench()
    #expect(bench.looks("name: one", "name: one", "name: one").isEmpty && bench.reads == 0)
  }

  @Test func `an edit counts when two looks agree, once`() {
    var bench = Bench()
    #expect(bench.look(.text("name: two")) == nil)
    let change = bench.look(.text("name: two"))
    #expect(name(change) == "two")
    #expect(bench.looks("name: two", "name: two").isEmpty && bench.reads == 1)
  }

  @Test func `a file that is being written is not read before it is whole`() {
    var bench = Bench()
    #expect(bench.looks("", "na", "name: t", "name: two\nmode: spl").isEmpty && bench.reads == 0)
    #expect(bench.looks("name: two", "name: two").map { name($0) } == ["two"])
  }

  @Test func `an editor that puts another file in place may leave none for a moment`() {
    var bench = Bench()
    #expect(bench.look(.unreadable("No such file or directory")) == nil)
    #expect(bench.looks("name: two", "name: two").map { name($0) } == ["two"])
  }

  @Test func `a broken file is told once, with line and key, until it is mended`() {
    var bench = Bench()
    let broken = "name: two\norder: [b]"
    let changes = bench.looks(broken, broken, broken, broken)
    #expect(changes.count == 1)
    #expect(
      changes.first.map(problems) == [
        "p.yaml:2: order[0]: there is no pool “b” in the configuration (did you mean a?); write one of a"
      ])
    #expect(bench.looks("name: three", "name: three").map { name($0) } == ["three"])
  }

  @Test func `another mistake is told too, and going back to what is in use mends it`() {
    var bench = Bench()
    #expect(bench.looks("mode: x", "mode: x", "mode: y", "mode: y").count == 2)
    #expect(bench.looks("name: one", "name: one", "name: one") == [.mended])
    // The same edit again is news again.
    #expect(bench.looks("mode: x", "mode: x").count == 1)
  }

  @Test func `a file that is deleted leaves the policy, and says so once`() {
    var bench = Bench()
    let gone = PolicyWatch.Look.unreadable("No such file or directory")
    let changes = (0..<5).compactMap { _ in bench.look(gone) }
    #expect(changes.map { problems($0) } == [["p.yaml: cannot be read: No such file or directory"]])
    #expect(bench.looks("name: one", "name: one") == [.mended])
  }

  @Test func `a file with nothing in it is not the default policy`() {
    var bench = Bench()
    #expect(bench.looks(" \n", " \n").map { problems($0) } == [["p.yaml: is empty; write a policy"]])
    #expect(bench.looks("# all as usual", "# all as usual").map { name($0) } == ["default"])
  }

  @Test func `the desk counts edits and keeps what is in use`() {
    let source = PolicySource(file: "p.yaml", text: "name: one")
    var desk = PolicyDesk(Policy(name: "one"), source: source, atWallSeconds: 5)
    desk.keep(because: [ConfigurationProblem(file: "p.yaml", line: 2, key: "order[0]", message: "no")])
    #expect(desk.report.name == "one" && desk.report.text == "name: one" && desk.report.loadedAt == 5)
    #expect(desk.report.problems == [.init(line: 2, key: "order[0]", message: "no")])
    #expect(desk.report.reloads == 0 && desk.report.brokenReloads == 1)
    var policy = Policy(name: "two", mode: .optimizeProfit)
    policy.use(.balanced)
    desk.use(policy, text: "name: two", atWallSeconds: 9)
    #expect(desk.policy == policy && desk.report.problems.isEmpty && desk.report.loadedAt == 9)
    #expect(desk.report.preset == "balanced" && desk.report.mode == "optimize_profit")
    #expect(desk.report.reloads == 1 && desk.report.brokenReloads == 1)
    desk.keep(because: [])
    #expect(desk.report.brokenReloads == 1)
  }
}
