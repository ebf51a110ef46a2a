import Glibc

enum Decay {
  /// What is left of 1 after some seconds.
  static func factor(after seconds: Double, halfLife: Double) -> Double {
    seconds > 0 ? exp2(-seconds / halfLife) : 1
  }
}
