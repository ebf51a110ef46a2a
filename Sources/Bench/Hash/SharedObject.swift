import Glibc

/// A library that is loaded while the program runs.
///
/// Never unloaded: what it gave out may be called as long as the process lives.
struct SharedObject {
  let path: String
  private let handle: UnsafeMutableRawPointer

  init(_ path: String) throws(BenchError) {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .reference(String(cString: dlerror()))
    }
    self.path = path
    self.handle = handle
  }

  /// This process: all that it is linked to.
  static var process: SharedObject {
    get throws(BenchError) {
      guard let handle = dlopen(nil, RTLD_NOW) else { throw .reference(String(cString: dlerror())) }
      return SharedObject(path: "the process", handle: handle)
    }
  }

  private init(path: String, handle: UnsafeMutableRawPointer) { (self.path, self.handle) = (path, handle) }

  /// The function `name` of the library.
  ///
  /// A symbol has no type: that `Function` is the C function's type, with `@convention(c)`, is the caller's promise,
  /// and the only thing that this cast relies on.
  func function<Function>(_ name: String, as type: Function.Type) throws(BenchError) -> Function {
    precondition(MemoryLayout<Function>.size == MemoryLayout<UnsafeMutableRawPointer>.size, "C functions are pointers")
    guard let symbol = dlsym(handle, name) else { throw .reference("\(path) has no function \(name)") }
    return unsafeBitCast(symbol, to: type)
  }
}
