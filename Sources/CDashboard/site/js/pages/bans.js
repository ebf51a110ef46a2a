// Who is kept out, why, and until when. Whom a ban meets is shown to those who may see addresses alone.
import { h, name, plain } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { card, pageHead, tiles } from "../parts.js";

const kinds = { address: "An address", network: "A network", name: "A miner at one address" };

export function open({ watch }) {
  const figures = tiles({ total: "Bans", addresses: "Addresses", networks: "Networks", names: "Miners" });
  const bans = new Table("Bans that hold now", [
    { key: "kind", label: "Who", text: (row) => row.subject ?? kinds[row.kind], node: (row) => name(row.subject ?? kinds[row.kind]), value: (row) => row.subject ?? row.kind },
    { key: "since", label: "Since", text: (row) => format.moment(row.since), value: (row) => row.since, num: true },
    { key: "until", label: "Until", text: (row) => (row.until == null ? "somebody lifts it" : format.moment(row.until)), value: (row) => row.until ?? Number.MAX_SAFE_INTEGER, num: true },
    { key: "reason", label: "Why", wrap: true, text: (row) => row.reason, node: (row) => name(row.reason, { limit: 400 }) },
    { key: "by", label: "By", text: (row) => plain(row.by), value: (row) => row.by },
    { key: "earlier", label: "Bans before", text: (row) => format.count(row.earlier), value: (row) => row.earlier, num: true },
  ], { rowKey: (row) => `${row.kind} ${row.subject} ${row.since} ${row.reason}`, sort: { key: "since", down: true }, pageSize: 50, empty: "Nobody is banned." });
  const reasons = new Table("Bans of 30 days by reason", [
    { key: "label", label: "Reason", text: (row) => row.label.replaceAll("_", " "), node: (row) => name(row.label.replaceAll("_", " ")), value: (row) => row.label },
    { key: "count", label: "Bans", text: (row) => format.count(row.count), value: (row) => row.count, num: true },
  ], { rowKey: (row) => row.label, sort: { key: "count", down: true }, empty: "None in 30 days." });

  watch("/api/bans?limit=1000", { every: 5000, on: ["ban"] }, ({ value }) => {
    if (!Array.isArray(value?.bans)) return;
    for (const key of ["total", "addresses", "networks", "names"]) figures.set(key, format.count(value[key]));
    bans.show(value.bans);
  });
  watch("/api/bans/statistics?days=30", { every: 60000, on: ["ban"] }, ({ value }) => {
    if (Array.isArray(value?.reasons)) reasons.show(value.reasons);
  });

  return [
    pageHead("Bans", "Who is kept out, and why. ", h("code", {}, "zion ban explain SUBJECT"), " names what led to a ban, and ", h("code", {}, "zion ban remove SUBJECT"), " lifts it."),
    figures.element,
    h("div", { class: "grid" },
      card("Now", { kind: "wide", flush: true }, bans.element),
      card("Reasons of 30 days", { flush: true }, reasons.element)),
  ];
}
