import API
import Encryption
import Orchestrator
import Pool
import Proxy
import Stratum

/// Everything that `zion run` can be told. Each option is described once, here, at its type; `ConfigurationFile` reads
/// them from YAML. A file with no line at all means what these defaults say.
struct Configuration: Sendable, Equatable {
  /// `listen`: the one stratum endpoint, or a section with it in `listen.address`. Default `0.0.0.0:3333`.
  var listen = HostPort(host: "0.0.0.0", port: 3333)
  /// `listen.tls` and `listen.proxy_protocol`.
  var door = ListenOptions()
  /// `threads`: shards, 0 to 1024. 0, the default, is one per core.
  var threads = 0
  /// `algorithm`: of connections that do not say otherwise. Default `sha256d`.
  var algorithm = Algorithm.sha256d
  /// `reply`: who decides what a miner is told about a share. Default `local`.
  var reply = ReplyPolicy.local
  /// `data`: folder of the journal, database, chain and found blocks; relative to the working directory.
  /// Default `./data`.
  var data = "./data"
  /// `api`: the HTTP interface.
  var api = APIOptions()
  /// `vardiff`: how a session's difficulty follows its speed.
  var vardiff = VardiffOptions()
  /// `limits`: what is refused above.
  var limits = LimitOptions()
  /// `bans`: who is kept out for what they did.
  var bans = BanOptions()
  /// `receipts`: signed lists of acknowledged shares.
  var receipts = ReceiptOptions()
  /// `policy`: a file of `policies/`, relative to the configuration file. Default: the same as `policies/default.yaml`.
  var policy = Policy()
  /// Where that came from; `nil` without a file.
  var policySource: PolicySource?
  /// `pools`: the upstream pools, in the order in which failover prefers them. Default: none.
  var pools: [PoolOptions] = []
  /// `local`: the pool that is part of this process.
  var local = LocalPoolOptions()
  /// `miners`: where miners are and what they are; see `MinersSection`.
  var miners: [MinerRule] = []
  /// `alerts`: what an operator is told of without asking.
  var alerts = AlertOptions()
  /// `prices`: what coins are worth.
  var prices = PricesOptions()
}

struct APIOptions: Sendable, Equatable {
  /// Where what needs a token may be changed.
  enum Place: String, Sendable, CaseIterable { case anywhere, socket }

  /// `api.listen`. Default: 127.0.0.1 at the stratum port + 1.
  var listen = HostPort(host: "127.0.0.1", port: 3334)
  /// `api.socket`: the path (relative to the configuration file) of a Unix socket that answers as the port does. Only the
  /// user and the group that `zion` runs as may use it (mode 660), with the same tokens. At most 107 bytes; its folder
  /// must exist. Default: none.
  var socket: String?
  /// `api.changes`: `socket` changes nothing at the port, whatever the token: neither what a proxy in front lets through
  /// nor a page in a browser can reach it then. What a miner signed is taken all the same. Default `anywhere`.
  var changes = Place.anywhere
  /// `api.token`, or the first line of the file `api.token_file` (relative to the configuration file): a token with the
  /// scopes read and operate. Without any token every change is refused. Printable ASCII without spaces. Default: none.
  var token: String?
  /// `api.listeners`: WebSockets that listen to events at once, 1 to 100,000; more are answered 503. Default 5000.
  var listeners = 5_000
  /// `api.tokens`: a list of `name`, `sha256` (of the token, in hex; `zion api token` makes both) and `scopes`, of
  /// `read` (see where miners connect from), `operate` (move miners, tell the orchestrator) and `money` (change how
  /// miners are paid). At most 64. Default: none.
  var tokens: [APIToken] = []
  /// `api.allow_plain_writes`: `true` takes tokens over plain HTTP from other machines too, where anybody between may
  /// read them. Default `false`.
  var allowsPlainWrites = false
  /// `api.cors`: origins whose web pages may ask, and open a WebSocket, such as `https://pool.example`; `*` is any, for
  /// what needs no token. Default `*`.
  var origins = ["*"]
  /// `api.rate_limit.per_second`, 0 (no limit) to 100000, and `.burst`, 1 to 100000: requests of one client (of IPv6, one
  /// /64). `.loopback`: whether clients on this machine are limited too. Default 50, 200 and `false`.
  var rate = RateLimit()
  /// `api.answers_serve`: how long an answer serves others who ask the same, 0 (each is made anew) to 60 s; while the
  /// next one is being made, for as long again. Default `1s`.
  var freshSeconds = 1.0
  /// `api.tls`: HTTPS, and plain HTTP beside it at the same port. Tokens are then taken over HTTPS from other machines.
  /// Default: plain alone.
  var tls: TLSOptions?
}

struct VardiffOptions: Sendable, Equatable {
  /// `vardiff.target`: time between two shares of one miner, 1 s to 10 m. Default `15s`.
  var targetSeconds = 15.0
  /// `vardiff.start`, `.minimum` and `.maximum` for the algorithm of the configuration, and
  /// `vardiff.algorithms.NAME.start`, `.minimum` and `.maximum` for any: a difficulty means something else in each.
  var ranges: [Algorithm: DifficultyRange] = [:]
}

/// What an operator wants of one algorithm's difficulty. An upstream's own difficulty is a limit of its own, whatever
/// this says.
struct DifficultyRange: Sendable, Equatable {
  /// First difficulty of a session. Default: `Algorithm.startDifficulty`; on the embedded chain without upstream pools,
  /// what a processor finds several times a second.
  var start: Difficulty?
  /// Default: the lower of `Algorithm.difficultyBounds`.
  var minimum: Difficulty?
  /// Default: the higher one.
  var maximum: Difficulty?
}

/// One upstream pool.
struct PoolOptions: Sendable, Equatable {
  /// `name`: what you call it, in policies, commands and statistics. `[A-Za-z0-9_-]`, at most 32. Required.
  var name: String
  /// `url` and then `fallback_urls`, tried in this order. `url` is required.
  var urls: [StratumURL]
  /// `user`: your account at the pool. Required.
  var user: String
  /// `password`. Default `x`.
  var password = "x"
  /// `worker`: the user name that the pool sees. `{account}` is `user`, `{worker}` the miner's worker name, `{miner}`
  /// the account that the miner gave. Default `{account}.{worker}`.
  var worker = "{account}.{worker}"
  /// `algorithm`. Default: that of the configuration.
  var algorithm = Algorithm.sha256d
  /// `extranonce2`: bytes of search space left to each miner, 2 to 8. Default 4.
  var extranonce2ByteCount = 4
  /// `enabled`: `false` leaves it out. Default `true`.
  var isEnabled = true
  /// Whom we believe to be the pool, where its URL begins with `stratum+ssl://`. Default: whoever has a certificate for
  /// the host's name that one of the system's roots signed.
  /// `tls_name`: asked for and expected in place of the host's name.
  /// `tls_roots`: a PEM file of roots in place of the system's, from the folder of the configuration file.
  /// `tls_fingerprints`: SHA-256 of certificates (DER) or public keys (SPKI), in hex, at most 16: the pool shows one of
  /// them, and roots, name and dates do not matter.
  var trust = PeerTrust()
  /// What it pays and where it is.
  var money = PoolMoneyOptions()
}

/// The pool that is part of this process.
struct LocalPoolOptions: Sendable, Equatable {
  /// `local.enabled`: `false` makes this a pure proxy. Default `true`.
  var isEnabled = true
  /// `local.name`: as for `pools`. Default `zion`.
  var name = "zion"
  /// `local.algorithms`: a list, or `all`; or `local.algorithm`: one. The pool has a source for each, called
  /// NAME:ALGORITHM where there are several. Default: all on the embedded chain, and that of the configuration on a
  /// Bitcoin node, which has one.
  var algorithms = Algorithm.allCases
  /// `local.address`: where the coinbase pays what the fees leave. Required with `node: bitcoin`; the default is the
  /// pool wallet of the embedded chain's genesis.
  var address = LocalPoolOptions.embeddedAddress
  /// `local.node`, with its own section. Default `embedded`.
  var node = NodeOptions.embedded(network: "dev", blockSeconds: 120)
  /// `local.fees`: taken from the block reward before the pool's own part, together below 100 %. Default: the four
  /// fees of ZION on the embedded chain, none on a Bitcoin node.
  var fees = FeeOption.zion
  /// `local.database`: where shares and money are. Default `sqlite:pool.sqlite`.
  var database = DatabaseOption.sqlite(file: "pool.sqlite")
  /// `local.retention`: how long single shares are kept, in days, 8d to 36500d. Sums over time stay longer, totals for
  /// ever; the window of a PPLNS split reaches no further back than this. Default `90d`.
  var retentionDays = 90
  /// `local.share_grace`: shares for the block before the newest still count so long, 0 to 1 m. Default `2s`.
  var shareGraceSeconds = 2.0
  /// `local.coinbase_tag`: at most 20 printable ASCII characters that name the pool to explorers. Default `/ZION/`.
  var coinbaseTag = "/ZION/"

  /// `local.coin.symbol`, 1 to 10 capital letters, and `local.coin.decimals`, 0 to 18: how amounts are written. Default
  /// ZION with 6 on the embedded chain, BTC with 8 on a Bitcoin node.
  var coin = Coin.zion
  /// `local.rewards`: who gets what of a block.
  var rewards = RewardOptions()
  /// `local.region` and `local.tags`, as for `pools`. Default: none.
  var region: String?
  var tags: Set<String> = []
  /// `local.addends`, as for `pools`. Default: none.
  var addends: [RewardTerms.Addend] = []
  /// `local.payouts`: when and how miners are paid.
  var payouts = PayoutOptions()

  static let embeddedAddress = "ZION_SACRED_B0FA7E2A234D8C2F08545F02295C98"
}

enum NodeOptions: Sendable, Equatable {
  /// The chain in this process, for development. `local.embedded.network`: `[a-z0-9-]`, default `dev`.
  /// `local.embedded.interval`: between blocks, 1 s to 1 h, default `120s`.
  case embedded(network: String, blockSeconds: Int)
  /// Bitcoin-Core-compatible nodes. `local.bitcoin.urls`: at least one, with user and password; blocks go to all.
  /// `local.bitcoin.poll`: how often a node is asked for a new block, 50 ms to 1 m, default `500ms`.
  case bitcoin(urls: [NodeURL], pollSeconds: Double)
}

/// A part of the block reward that someone else gets: one entry of `local.fees`.
struct FeeOption: Sendable, Equatable {
  enum Amount: Sendable, Equatable {
    /// Hundredths of a percent.
    case basisPoints(Int)
    /// The humanitarian tithe: 10, 12, 15, 18, 20 and 25 % in 2025 to 2030 and after.
    case byYear
  }

  /// `to`: `humanitarian`, `development`, `genesis` or `pool` for ZION's own accounts, or an address. Required.
  var to: String
  /// `percent`: 0 to 99.99 in steps of 0.01, or `by-year`. Required.
  var amount: Amount

  static let zion = [
    FeeOption(to: "humanitarian", amount: .byYear), FeeOption(to: "development", amount: .basisPoints(100)),
    FeeOption(to: "genesis", amount: .basisPoints(33)), FeeOption(to: "pool", amount: .basisPoints(100)),
  ]

  /// ZION's own accounts by their short names.
  static let accounts = [
    "humanitarian": "ZION_CHILDREN_FUTURE_FUND_1ECCB72BC30AADD086656A59",
    "development": "ZION_DEVELOPMENT_TEAM_FUND_378614887FEA27791540F45",
    "genesis": "ZION_ON_THE_STAR_0B461AB5BCACC40D1ECE95A2D82030",
    "pool": "ZION_MAITREYA_BUDDHA_DAO_ADMIN_D7A371ABD1FF1C5D42AB02",
  ]

  /// The account or address that is paid.
  var address: String { Self.accounts[to] ?? to }

  /// Hundredths of a percent of the reward in a calendar year.
  func basisPoints(inYear year: Int) -> Int {
    switch amount {
    case .basisPoints(let fixed): fixed
    case .byYear: Int(FeeSchedule.humanitarianBasisPoints(inYear: year))
    }
  }
}

enum DatabaseOption: Sendable, Equatable {
  /// `sqlite:FILE`: a file, relative to `data`.
  case sqlite(file: String)
  /// `postgres://USER:PASSWORD@HOST:PORT/NAME`, with everything that libpq takes: several hosts, `?sslmode=verify-full`,
  /// `&sslrootcert=FILE` and so on; the server is of version 15 or later. The password may instead be the first line of
  /// the file `local.database_password_file` (relative to the configuration file), which only its owner may use, or in
  /// the one that `PGPASSFILE` names, as libpq has it.
  case postgres(PostgresURL)
}
