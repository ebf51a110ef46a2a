// What was paid, from Miningcore's pages of payments: of a pool, or of one miner of it.
import { h, name, account, fill } from "./dom.js";
import * as format from "./format.js";
import { Table } from "./table.js";

/** An element with the newest payments. Without `address`: of everyone. */
export function payments({ watch }, address = null) {
  const box = h("div", {}, h("p", { class: "empty" }, "…"));
  const table = paymentTable(address === null);
  let asked = null;
  watch("/api/pools", { every: 5000, on: ["payment"] }, ({ value }) => {
    const id = (value?.pools ?? []).find((one) => one.id !== undefined && one.kind !== "upstream")?.id;
    if (id === undefined) return fill(box, "none", () => h("p", { class: "empty" }, "Payouts: not available here."));
    if (asked) return;
    const base = `/api/pools/${encodeURIComponent(id)}`;
    asked = address === null ? `${base}/payments?pageSize=100` : `${base}/miners/${encodeURIComponent(address)}/payments?pageSize=100`;
    watch(asked, { every: 5000, on: ["payment"] }, (state) => {
      const rows = Array.isArray(state.value) ? state.value : state.value?.result;
      if (!Array.isArray(rows)) {
        return fill(box, `${state.error}`, () => h("p", { class: "empty" }, state.missing ? "Payouts: not available here." : `${state.error ?? "…"}`));
      }
      fill(box, "table", () => table.element);
      table.show(rows.map((row, index) => ({ ...row, key: `${row.transactionConfirmationData ?? ""} ${row.address ?? ""} ${row.created ?? index}` })));
    });
  });
  return box;
}

function paymentTable(withAddress) {
  const columns = [
    { key: "created", label: "When", text: (row) => format.moment(format.unixSeconds(row.created)), value: (row) => format.unixSeconds(row.created) },
    { key: "address", label: "To", text: (row) => row.address ?? "", node: (row) => account(row.address) },
    { key: "amount", label: "Amount", num: true, text: (row) => `${format.amount(row.amount, 8)} ${row.coin ?? ""}`.trim(), value: (row) => row.amount },
    { key: "transaction", label: "Transaction", text: (row) => row.transactionConfirmationData ?? "", node: (row) => name(row.transactionConfirmationData ?? "—", { limit: 24, middle: true, tag: "code" }) },
  ];
  return new Table("Payouts", columns.filter((column) => withAddress || column.key !== "address"), {
    rowKey: (row) => row.key, pageSize: 25,
    empty: "Nothing was paid yet. Balances are paid when they reach the threshold of local.payouts; the embedded chain carries no transfers.",
  });
}
