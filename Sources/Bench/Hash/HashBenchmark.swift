import Stratum

/// The hash kernels: what they do on this machine, and beside the best C that there is for each.
public enum HashBenchmark {
  /// What is compared with.
  public struct References: Sendable {
    /// Folder of C sources, compiled by `cc` (or CC) when the benchmark starts.
    public var directory = "Tests/reference-kernels"
    /// A library made of PyPI's `kawpow` by `Tests/tools/fetch-kawpow-reference.sh`.
    public var kawPowPackage: String?
    /// Height whose epoch decides how large KawPow's cache is: 36 MiB.
    public var kawPowHeight: UInt32 = 1_219_736

    public init() {}
  }

  /// Blocks its thread for as long as it takes. A reference that is missing costs its rows and a sentence.
  ///
  /// - Throws: `.reference` when a reference gives another hash than ours.
  public static func run(_ options: BenchOptions, _ references: References) throws(BenchError) -> [Finding] {
    options.progress("hash: building KawPow's caches")
    let cases = [try KawPowCase(height: 0), try KawPowCase(height: references.kawPowHeight)]
    let subjects = HashSubject.all(kawPow: cases[1])
    var findings = rates(subjects, options)
    findings += try ProcessorPin.run { () throws(BenchError) in
      latencies(subjects, options) + (try pairs(cases, options, references))
    }
    return findings
  }

  private static func rates(_ subjects: [HashSubject], _ options: BenchOptions) -> [Finding] {
    let cores = Machine().cores
    return subjects.flatMap { subject in
      options.progress("hash: \(subject.name) on 1 and \(cores) threads")
      return Set([1, cores]).sorted().map { threads in
        Finding(
          "\(subject.name), \(threads) thread\(threads == 1 ? "" : "s")", unit: "H per s",
          ours: HashRates.perSecond(subject, threads: threads, seconds: options.seconds / 6))
      }
    }
  }

  private static func latencies(_ subjects: [HashSubject], _ options: BenchOptions) -> [Finding] {
    subjects.flatMap { subject in
      options.progress("hash: \(subject.name), one at a time")
      let latency = HashRates.latency(subject, seconds: options.seconds / 6)
      return [50.0, 99.0].map { percentile in
        Finding(
          "\(subject.name), one verification: p\(Int(percentile))", unit: "µs",
          ours: Double(latency.valueAtPercentile(percentile)) / 1000)
      }
    }
  }

  private static func pairs(_ cases: [KawPowCase], _ options: BenchOptions, _ references: References)
    throws(BenchError) -> [Finding]
  {
    let pace = TrialPace(options)
    let sources = library("C", options) { () throws(BenchError) in
      try ReferenceSources(directory: references.directory, workingIn: options.directory)
    }
    let source = { (name: String) -> SharedObject? in
      sources.flatMap { sources in library("\(name).c", options) { () throws(BenchError) in try sources.load(name) } }
    }
    var findings: [Finding] = []
    if let library = source("cosmic_harmony") { findings += try OpenSSLPairs.run(library, pace) }
    if let python = library("hashlib.scrypt", options, { () throws(BenchError) in try PythonScrypt.answering() }) {
      let trial = PairedTrial(
        name: "scrypt: Python's hashlib", ours: OpenSSLPairs.scrypt(), reference: python.contender)
      findings.append(try trial.finding(pace, aim: .atLeast(1)))
    }
    if let library = source("yespower") { findings += try YespowerPairs.run(library, pace) }
    options.progress("hash: yespower beside a copy loop")
    findings += try YespowerPairs.memoryBound(pace)
    if let library = source("kawpow") { findings += try KawPowPairs.run(library, cases, pace) }
    if let path = references.kawPowPackage,
      let library = library("PyPI's kawpow", options, { () throws(BenchError) in try SharedObject(path) })
    {
      findings += try KawPowPackagePairs.run(library, cases[1], pace)
    }
    return findings
  }

  /// `nil` when it is not to be had, after a sentence about it.
  private static func library<R>(_ name: String, _ options: BenchOptions, _ load: () throws(BenchError) -> R) -> R? {
    options.progress("hash: beside \(name)")
    do throws(BenchError) {
      return try load()
    } catch {
      options.progress("  no rows beside \(name): \(error)")
      return nil
    }
  }
}
