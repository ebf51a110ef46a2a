import Pool

/// `receipts`: signed lists of the shares that miners were told count.
///
/// `enabled`: `false` keeps none. Default `true`.
/// `every`: how much time one statement covers, 1 s to 1 day. Default `1h`.
/// `keep`: how long the lists are kept, 1 m to 366 days: some 80 bytes a share. Default `24h`.
struct ReceiptOptions: Sendable, Equatable {
  var isEnabled = true
  var settings = ReceiptBook.Settings()

  init() {}

  init(_ section: YAMLSection) {
    isEnabled = section.value("enabled", Quantity.boolean) ?? true
    let every = section.value("every") { text throws(Wrong) in try Quantity.seconds(text, in: 1...86_400) }
    let keep = section.value("keep") { text throws(Wrong) in try Quantity.seconds(text, in: 60...31_622_400) }
    settings.periodSeconds = every.map { Int64(max(1, $0.rounded())) } ?? settings.periodSeconds
    settings.keepSeconds = keep.map { Int64($0) } ?? settings.keepSeconds
    section.end()
  }
}
