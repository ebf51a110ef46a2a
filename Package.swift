// swift-tools-version:6.2
import PackageDescription

// `make chaos`: `zion` then has the command that torments it, and a share journal whose disk can be made to fail.
let isChaos = Context.environment["CHAOS"] == "1"

// With FUZZ in the environment all of this is built for libFuzzer (`make fuzz`), and for nothing else.
let isFuzzing = Context.environment["FUZZ"] != nil

// Fuzz targets reach what tests reach: hence the last of the flags.
let fuzzing: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"])] : []

let plain: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

// Of what reads bytes from outside.
let strict = plain + fuzzing

// Hash kernels stay optimised in debug builds: tests mine and verify real work. As a whole module, because what is
// generic is specialised only where it can be seen (a KawPow cache took 40 s without, and takes 0.4 s).
let kernels: [SwiftSetting] =
  plain + [.unsafeFlags(["-O", "-disable-batch-mode", "-whole-module-optimization", "-num-threads", "2"])]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
]
let webSockets: [Target.Dependency] = [
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOWebSocket", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let chaos: [SwiftSetting] = isChaos ? [.define("CHAOS")] : []

let fuzzed: [Target.Dependency] =
  [
    "Stratum", "Hashing", "Orchestrator", "Pool", "Proxy", "API", "zion", "TestSupport", logging,
    .product(name: "NIOEmbedded", package: "swift-nio"),
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
  ] + nio + webSockets

// The fuzz targets: in libFuzzer's program, or in the test suite that replays their corpora.
let fuzzTargets: [Target] =
  isFuzzing
  ? [
    .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .target(name: "FuzzTargets", dependencies: fuzzed, path: "Tests/Fuzz/Targets", swiftSettings: strict),
    .executableTarget(
      name: "zion-fuzz", dependencies: ["FuzzTargets", "CFuzzer"], path: "Tests/Fuzz/Runner", swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
  ]
  : [
    .testTarget(
      name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz",
      exclude: ["CFuzzer", "Corpus", "Dictionaries", "Runner"], sources: ["Targets", "Replay"], swiftSettings: strict)
  ]

extension Target {
  /// An executable; for libFuzzer, whose program has a `main` of its own, a library.
  static func program(name: String, dependencies: [Dependency]) -> Target {
    guard isFuzzing else {
      return executableTarget(name: name, dependencies: dependencies, swiftSettings: strict + chaos)
    }
    let main = ["-Xfrontend", "-entry-point-function-name", "-Xfrontend", "\(name)_main"]
    return target(name: name, dependencies: dependencies, swiftSettings: strict + [.unsafeFlags(main)])
  }
}

let package = Package(
  name: "zion-proxy",
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // Thousands of sockets on one thread, for the load generator; Glibc's module leaves epoll out.
    .systemLibrary(name: "CEpoll"),
    // Mail.
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // A prefetch, which Swift cannot say.
    .systemLibrary(name: "CPrefetch"),
    // How soon a thread wants the processor; Glibc's module leaves sched_setattr out.
    .systemLibrary(name: "CScheduler"),
    // The dashboard's files, compiled in: Swift has no #embed.
    .target(name: "CDashboard", exclude: ["site"]),

    .target(name: "Stratum", swiftSettings: strict),
    .target(name: "Hashing", dependencies: ["Stratum", "COpenSSL", "CPrefetch", "CScheduler"], swiftSettings: kernels),
    .target(
      name: "Orchestrator", dependencies: ["Stratum", .product(name: "Histogram", package: "hdrhistogram-swift")],
      swiftSettings: strict),
    .target(
      name: "Encryption",
      dependencies: ["Stratum", "Hashing", "COpenSSL", .product(name: "NIOSSL", package: "swift-nio-ssl")] + nio,
      swiftSettings: plain),
    .target(
      name: "Pool",
      dependencies: [
        "Stratum", "Hashing", "Orchestrator", "COpenSSL", "CPostgres", logging,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ] + nio,
      swiftSettings: strict + chaos),
    .target(
      name: "Proxy",
      dependencies: [
        "Stratum", "Hashing", "Orchestrator", "Encryption", logging,
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ] + nio,
      swiftSettings: strict + chaos),
    .target(
      name: "API",
      dependencies: [
        "Stratum", "Hashing", "Orchestrator", "Encryption", logging, "CZlib", "CDashboard",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      ] + nio + webSockets,
      swiftSettings: strict),
    .target(
      name: "Bench",
      dependencies: [
        "Stratum", "Hashing", "CEpoll", logging,
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ] + nio + webSockets,
      swiftSettings: plain),
    Target.program(
      name: "zion",
      dependencies: [
        "Stratum", "Hashing", "Orchestrator", "Encryption", "Pool", "Proxy", "API", "Bench", "CCurl", "COpenSSL",
        "Yams",
        logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ] + nio + (isChaos ? ["Chaos"] : [])),

    // Parts that several test suites use: corpora, seeded randomness, miners, pools and nodes to talk to.
    .target(
      name: "TestSupport",
      dependencies: ["Stratum", "Hashing", "COpenSSL", .product(name: "NIOSSL", package: "swift-nio-ssl")] + nio
        + webSockets,
      path: "Tests/TestSupport",
      swiftSettings: plain),
    // Faults at seeded moments, and the independent reader that says whether anything was lost.
    .target(
      name: "Chaos",
      dependencies: [
        "Stratum", "Hashing", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + nio,
      path: "Tests/Chaos",
      swiftSettings: strict),
    .testTarget(
      name: "ChaosTests",
      dependencies: ["Chaos", "Pool", "TestSupport", logging, .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .testTarget(name: "StratumTests", dependencies: ["Stratum", "Hashing", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "HashingTests", dependencies: ["Hashing"], resources: [.copy("Vectors")], swiftSettings: strict),
    .testTarget(
      name: "EncryptionTests",
      dependencies: [
        "Encryption", "TestSupport", .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ] + nio, swiftSettings: strict),
    .testTarget(name: "OrchestratorTests", dependencies: ["Orchestrator", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "PoolTests", dependencies: ["Pool", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .testTarget(
      name: "ProxyTests",
      dependencies: ["Proxy", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio")] + nio,
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "zion", "API", "TestSupport", logging, .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ] + nio, exclude: ["Golden"],
      swiftSettings: strict),
    .testTarget(
      name: "EventTests",
      dependencies: ["API", "Stratum", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio")] + nio
        + webSockets,
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "zion", "Pool", "Stratum", "Hashing", "TestSupport", logging, .product(name: "GRDB", package: "GRDB.swift"),
      ] + nio,
      swiftSettings: strict),
  ] + fuzzTargets,
  swiftLanguageModes: [.v6]
)
