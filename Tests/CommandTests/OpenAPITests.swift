import Foundation
import NIOCore
import Stratum
import TestSupport
import Testing

@testable import API

/// The document and the server are the same table: what one has, the other has.
@Suite struct OpenAPITests {
  /// Something for each parameter.
  private static func path(_ template: String) -> String {
    template.replacing("{id}", with: "zion").replacing("{address}", with: FakePoolView.address)
      .replacing("{height}", with: "12").replacing("{start}", with: "\(FakeReceipts.start)").replacing(
        "{batch}", with: FakePoolView.batch
      )
      .replacing("/bans/explain", with: "/bans/explain?subject=\(FakeBans.address)")
  }

  @Test func `every documented GET answers as documented`() async throws {
    try await FakeFleet.withPool().serve(token: "sesame") { api in
      let document = try await api.get("/api/openapi.json").json
      let check = SchemaCheck(document: document)
      #expect(document["openapi"].string == "3.1.0" && document["paths"].object.count > 40)
      for (template, item) in document["paths"].object.sorted(by: { $0.key < $1.key }) {
        let operation = item["get"]
        guard !operation.isNull else { continue }
        let answer = try await api.send("GET", Self.path(template), headers: ["Authorization": "Bearer sesame"])
        #expect(answer.status == 200, "\(template): \(answer.text)")
        let content = operation["responses"]["200"]["content"].object
        #expect(content.keys.map { $0 } == [answer.headers["content-type"] ?? ""], "\(template)")
        guard answer.headers["content-type"]?.hasPrefix("application/json") == true else { continue }
        let schema = content.values.first?["schema"] ?? .null
        #expect(check.mistakes(in: answer.json, as: schema) == [], "\(template)")
      }
    }
  }

  @Test func `what is documented is served, and what is served is documented`() async throws {
    try await FakeFleet.withPool().serve(token: "sesame") { api in
      let document = try await api.get("/api/openapi.json").json
      var documented: Set<String> = []
      for (template, item) in document["paths"].object {
        for method in item.object.keys {
          documented.insert("\(method.uppercased()) \(template)")
          let answer = try await api.send(method.uppercased(), Self.path(template), body: method == "post" ? "{" : nil)
          #expect(answer.status != 405 && answer.status != 404, "\(method) \(template)")
          #expect(!item[method]["responses"][String(answer.status)].isNull, "\(method) \(template): \(answer.status)")
        }
      }
      let served = Set(Routes.all.map { "\($0.method.rawValue) \($0.template)" })
      #expect(documented == served)
      let listed = try await api.get("/api/help").text.split(separator: "\n").count
      #expect(listed == served.count)
    }
  }

  @Test func `every parameter of a path is described, and has bounds`() {
    for route in Routes.all {
      let inTemplate = route.segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
      #expect(Set(inTemplate) == Set(route.parameters.filter(\.isInPath).map(\.name)), "\(route.template)")
    }
  }

  @Test func `errors are documented and have one shape that clients of both kinds can read`() async throws {
    try await FakeFleet.withPool().serve(token: "sesame") { api in
      let document = try await api.get("/api/openapi.json").json
      let check = SchemaCheck(document: document)
      for (path, status) in [
        ("/api/nothing", 404), ("/api/miners?limit=0", 400), ("/api/pools/x", 404), ("/block/99", 404),
      ] {
        let answer = try await api.get(path)
        #expect(answer.status == status)
        #expect(check.mistakes(in: answer.json, as: document["components"]["schemas"]["Error"]) == [])
        #expect(answer.json["code"].int == status && answer.json["message"].string == answer.json["error"].string)
      }
    }
  }

  @Test func `a schema says which members may be absent`() throws {
    struct Inner: Codable { var words: [String]?, counts: [String: Int] }
    struct Page: Codable {
      var name: String
      var size: Int?
      var kind: Algorithm
      var inner: [Inner]
    }
    let schema = try Schema.of(Page.self)
    #expect(schema["required"] == ["name", "kind", "inner"])
    #expect(schema["properties"]?["size"] == ["type": "integer"])
    #expect(schema["properties"]?["inner"]?["items"]?["required"] == ["counts"])
    #expect(
      schema["properties"]?["inner"]?["items"]?["properties"]?["counts"]
        == ["type": "object", "additionalProperties": ["type": "integer"]])
  }
}
