import Orchestrator

extension FleetDesk {
  nonisolated func prices() async -> [PriceReport] { await economics.priceReports() }
}
