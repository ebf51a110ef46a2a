import Glibc
import Synchronization

/// A thread for work that takes seconds, which gives way to all others.
public enum BackgroundThread {
  /// Runs `body` on a new thread of lower priority (nice 10). Where no thread is to be had, it runs here.
  public static func run(_ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body: body))
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        ThreadPriority.runBelow()
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    if result != 0 { work.takeRetainedValue().body() }
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// Where a thread waits until another one passes it a cache.
final class Gate: Sendable {
  /// A `sem_t`'s; a pointer is not `Sendable`.
  private let address: UInt
  private let passed = Mutex<KawPowCache?>(nil)

  init() {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
    address = UInt(bitPattern: semaphore)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// Lets the one who waits go on.
  func open(_ cache: KawPowCache?) {
    passed.withLock { $0 = cache }
    sem_post(semaphore)
  }

  /// Until `open`.
  func wait() -> KawPowCache? {
    while sem_wait(semaphore) != 0 {}
    return passed.withLock { $0 }
  }

  private var semaphore: UnsafeMutablePointer<sem_t> {
    guard let pointer = UnsafeMutablePointer<sem_t>(bitPattern: address) else {
      preconditionFailure("allocated memory has an address")
    }
    return pointer
  }
}
