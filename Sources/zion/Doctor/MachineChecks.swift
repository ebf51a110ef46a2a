import Foundation

/// What the machine offers: descriptors, clock, a place for data.
enum MachineChecks {
  /// - Parameters:
  ///   - limit: what the system allows this user.
  ///   - connections: `limits.connections`.
  static func descriptors(limit: Int, connections: Int) -> DoctorFinding {
    // As zion run counts: pools, files and the API take some themselves.
    let needed = connections + 500
    guard limit < needed else { return .ok("limits", "\(limit) open files are allowed, \(needed) are needed") }
    return .fault(
      "limits",
      "\(limit) open files are allowed: \(max(0, limit - 500)) miners fit, and limits.connections is \(connections)",
      do:
        "ulimit -Hn \(needed) before zion run, LimitNOFILE=\(needed) in its systemd unit, or a lower limits.connections"
    )
  }

  /// The clocks of the kernel against each other over a moment, and against the age of this program.
  static func clock(wallSeconds: Double, monotonicSeconds: Double, wall: Int64) -> DoctorFinding {
    // 2025-01-01
    guard wall > 1_735_689_600 else {
      return .fault(
        "clock", "the clock says \(Moment.text(UInt32(clamping: wall)))",
        do: "set it, and keep it right by NTP: timedatectl set-ntp true")
    }
    guard abs(wallSeconds - monotonicSeconds) < 0.5, monotonicSeconds > 0 else {
      return .warning(
        "clock",
        "the clock was moved by \(Quantity.shown(wallSeconds - monotonicSeconds)) s while we looked",
        do: "let one program alone set it: timedatectl status, chronyc tracking")
    }
    return .ok("clock", "runs evenly")
  }

  /// - Parameter offsets: by whom, and seconds that they are ahead of us.
  static func clock(offsets: [(by: String, seconds: Double)]) -> DoctorFinding {
    let sorted = offsets.sorted { $0.seconds < $1.seconds }
    guard !sorted.isEmpty else {
      return .ok("clock", "nobody reachable tells the time: not compared")
    }
    let middle = sorted[sorted.count / 2]
    let text = "\(Quantity.shown((abs(middle.seconds) * 10).rounded() / 10)) s \(middle.seconds < 0 ? "fast" : "slow")"
    let who = "against \(middle.by)" + (sorted.count > 1 ? " (the middle of \(sorted.count))" : "")
    switch abs(middle.seconds) {
    case ..<5: return .ok("clock", "agrees with the time of \(Table.count(sorted.count, "server"))")
    case ..<300:
      return .warning("clock", "this clock is \(text) \(who)", do: "keep it right by NTP: timedatectl set-ntp true")
    default:
      return .fault(
        "clock", "this clock is \(text) \(who): blocks and certificates would be refused",
        do: "set it, and keep it right by NTP: timedatectl set-ntp true")
    }
  }

  /// Makes the folder's existence no fact: looks, and where it is there writes, syncs and removes one small file.
  static func folder(_ path: String) -> DoctorFinding {
    var status = stat()
    let remedy = "make it, owned by the user that zion runs as, or write another folder under data"
    guard stat(path, &status) == 0 else {
      let reason = errno
      guard reason == ENOENT else {
        return .fault("data", "\(path) cannot be looked at: \(words(reason))", do: remedy)
      }
      let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
      guard access(parent, W_OK) == 0 || errno == ENOENT else {
        return .fault("data", "\(path) is not there, and cannot be made in \(parent): \(words(errno))", do: remedy)
      }
      return .ok("data", "\(path) is not there yet; zion run makes it")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return .fault("data", "\(path) is not a folder", do: "move the file away, or write another folder under data")
    }
    if let finding = write(in: path) { return finding }
    var room = statvfs()
    guard statvfs(path, &room) == 0 else { return .ok("data", "\(path) can be written, and keeps what it is told") }
    let free = UInt64(room.f_bavail) * UInt64(room.f_frsize)
    return space(path, free: free, inodes: room.f_files == 0 ? nil : UInt64(room.f_favail))
  }

  static func space(_ path: String, free: UInt64, inodes: UInt64?) -> DoctorFinding {
    let size = "\(free / 1_048_576) MiB"
    let remedy = "make room there, or write a folder on another disk under data"
    if let inodes, inodes < 1000 {
      return .fault("data", "\(path) has room for \(inodes) more files", do: remedy)
    }
    switch free {
    case ..<(100 << 20): return .fault("data", "\(path) has \(size) left: shares would soon be refused", do: remedy)
    case ..<(1 << 30): return .warning("data", "\(path) has \(size) left", do: remedy)
    default: return .ok("data", "\(path) can be written, keeps what it is told, and has \(size) left")
    }
  }

  private static func write(in path: String) -> DoctorFinding? {
    let file = "\(path)/.zion-doctor.\(getpid())"
    let descriptor = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      return .fault(
        "data", "\(path) cannot be written: \(words(errno))",
        do: "give it to the user that zion runs as (chown), and mount it for writing")
    }
    defer {
      close(descriptor)
      unlink(file)
    }
    let bytes = [UInt8](repeating: 0x5A, count: 4096)
    let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    guard written == bytes.count else {
      return .fault("data", "\(path) took \(max(0, written)) of 4096 bytes: \(words(errno))", do: "make room there")
    }
    guard fsync(descriptor) == 0 else {
      return .fault(
        "data", "\(path) does not keep what it is told (fsync: \(words(errno)))",
        do: "use a disk of this machine: a share is acknowledged only when it is on disk")
    }
    return nil
  }

  static func words(_ number: Int32) -> String { String(cString: strerror(number)) }
}
