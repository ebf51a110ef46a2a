import CFuzzer
import FuzzTargets
import Glibc

/// libFuzzer on one target, which `ZION_FUZZ_TARGET` names; without it, the names of all of them.
@main struct ZionFuzz {
  static func main() {
    guard let wanted = getenv("ZION_FUZZ_TARGET") else {
      for target in FuzzTarget.all { print(target.name, target.byteLimit) }
      return
    }
    let name = String(cString: wanted)
    guard FuzzTarget.named(name) != nil else {
      print("there is no target \(name); without ZION_FUZZ_TARGET this program names all of them")
      exit(2)
    }
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    // What libFuzzer calls captures nothing.
    exit(
      LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        ZionFuzz.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
      })
  }

  private static let target = getenv("ZION_FUZZ_TARGET").flatMap { FuzzTarget.named(String(cString: $0)) }

  private static func run(_ bytes: [UInt8]) {
    do throws(Broken) {
      try target?.run(bytes)
    } catch {
      fatalError("\(error)")
    }
  }
}
