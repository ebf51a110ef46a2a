import NIOCore
import Orchestrator

/// How long shares of one algorithm waited and took, over the latest few hundred.
struct VerifierMeter: Sendable {
  private static let kept = 512

  private var verified = 0
  private var wrong = 0
  private var verifySeconds = 0.0
  private var waits: [Double] = []
  private var verifies: [Double] = []

  mutating func add(wait: TimeAmount, verify: TimeAmount, isWrong: Bool) {
    let slot = verified % Self.kept
    let (wait, verify) = (Double(wait.nanoseconds) / 1e9, Double(verify.nanoseconds) / 1e9)
    if waits.count < Self.kept {
      waits.append(wait)
      verifies.append(verify)
    } else {
      waits[slot] = wait
      verifies[slot] = verify
    }
    verified += 1
    verifySeconds += verify
    if isWrong { wrong += 1 }
  }

  var snapshot: VerifierSnapshot.Line {
    let (waits, verifies) = (waits.sorted(), verifies.sorted())
    func quantile(_ sorted: [Double], _ part: Double) -> Double? {
      sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
    return VerifierSnapshot.Line(
      verified: verified, wrong: wrong, verifySecondsTotal: verifySeconds,
      waitSecondsP50: quantile(waits, 0.5), waitSecondsP99: quantile(waits, 0.99),
      verifySecondsP50: quantile(verifies, 0.5), verifySecondsP99: quantile(verifies, 0.99))
  }
}
