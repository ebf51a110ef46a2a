// Connected workers: searched, sorted, with marks for those that have gone quiet.
import { h, name, account, setText } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { badge, card, pageHead, pool, tiles } from "../parts.js";
import { sessions } from "../sessions.js";

/** Without a share for so long a worker is marked. */
const staleSeconds = 600;

export const isStale = (one) => (one.lastShareSeconds ?? one.connectedSeconds) >= staleSeconds;

export function open({ watch, atEnd }) {
  let all = [];
  let total = 0;
  const figures = tiles({ workers: "Workers connected", stale: "Quiet for ten minutes", hashrate: "Hashrate of these", rejected: "Shares rejected" });
  const table = workerTable();
  const found = h("span", { class: "card-note", role: "status" });
  const search = h("input", { type: "search", placeholder: "Worker, address or program", "aria-label": "Search workers", oninput: () => later(), maxlength: 128, spellcheck: "false" });
  const algorithm = h("select", { onchange: () => show() });
  const source = h("select", { onchange: () => show() });
  const stale = h("input", { type: "checkbox", onchange: () => show() });
  let timer = null;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => show(), 120);
  };
  atEnd(() => clearTimeout(timer));

  function show() {
    offer(algorithm, "All algorithms", all.map((one) => one.algorithm));
    offer(source, "All pools", all.map((one) => one.pool).filter(Boolean));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = all.filter((one) => (algorithm.value === "" || one.algorithm === algorithm.value)
      && (source.value === "" || one.pool === source.value) && (!stale.checked || isStale(one))
      && words.every((word) => one.searched.includes(word)));
    table.show(matching);
    const isCut = total > all.length ? `; the API gave the fastest ${format.count(all.length)} of ${format.count(total)}` : "";
    setText(found, matching.length === all.length && !isCut ? "" : `${format.count(matching.length)} match${isCut}`);
    figures.set("hashrate", format.hashrate(matching.reduce((sum, one) => sum + one.hashrate, 0)), `${format.count(matching.length)} workers`);
    const [accepted, rejected] = [sumOf(matching, "accepted"), sumOf(matching, "rejected")];
    figures.set("rejected", accepted + rejected > 0 ? format.percent(rejected / (accepted + rejected), 2) : "—", `${format.count(rejected)} of ${format.count(accepted + rejected)}`);
  }

  sessions({ watch, atEnd }, (next) => {
    all = next.sessions.map((one, index) => ({ ...one, key: keyOf(one, index, next.sessions), searched: `${one.account}.${one.worker} ${one.userAgent}`.toLowerCase() }));
    total = next.total;
    figures.set("workers", format.count(total));
    figures.set("stale", format.count(all.filter(isStale).length), "no share for that long");
    show();
  });

  const tools = h("div", { class: "tools" }, h("span", { class: "grow" }, search),
    h("label", {}, h("span", { class: "hidden" }, "Algorithm"), algorithm), h("label", {}, h("span", { class: "hidden" }, "Pool"), source),
    h("label", {}, stale, "only quiet ones"));
  return [
    pageHead("Workers", "Every connection of a miner."),
    figures.element,
    h("div", { class: "grid" }, card("Connected workers", { flush: true, end: found },
      h("div", { class: "card-body" }, tools), table.element)),
  ];
}

const sumOf = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0);

/** One name may be connected several times: those are told apart by their place among each other. */
function keyOf(one, index, all) {
  if (one.session !== undefined) return one.session;
  const base = `${one.account}\n${one.worker}\n${one.algorithm}\n`;
  if (!all.named) all.named = new Map();
  const number = (all.named.get(base) ?? 0) + 1;
  all.named.set(base, number);
  return base + number;
}

/** Options of a select, kept as long as they are the same. */
function offer(select, everything, values) {
  const options = [...new Set(values)].sort();
  if (select.dashboardOptions === options.join("\n") && select.options.length > 0) return;
  select.dashboardOptions = options.join("\n");
  const before = select.value;
  select.replaceChildren(h("option", { value: "" }, everything), ...options.map((option) => h("option", { value: option }, option)));
  select.value = options.includes(before) ? before : "";
}

export function workerTable({ withAccount = true } = {}) {
  const columns = [
    { key: "worker", label: "Worker", text: (row) => row.worker + isStale(row), value: (row) => row.worker,
      node: (row) => [name(row.worker || "—", { limit: 28 }), isStale(row) ? [" ", badge("quiet", "warn")] : null] },
    { key: "account", label: "Address", text: (row) => row.account, node: (row) => account(row.account), value: (row) => row.account },
    { key: "algorithm", label: "Algorithm", text: (row) => row.algorithm, value: (row) => row.algorithm },
    { key: "pool", label: "Pool", text: (row) => row.pool ?? "", node: (row) => pool(row.pool), value: (row) => row.pool },
    { key: "hashrate", label: "Hashrate", num: true, text: (row) => row.hashrateText ?? format.hashrate(row.hashrate), value: (row) => row.hashrate },
    { key: "difficulty", label: "Difficulty", num: true, text: (row) => format.difficulty(row.difficulty), value: (row) => row.difficulty },
    { key: "accepted", label: "Accepted", num: true, text: (row) => format.count(row.accepted), value: (row) => row.accepted },
    { key: "rejected", label: "Rejected", num: true, text: (row) => format.count(row.rejected), value: (row) => row.rejected },
    { key: "last", label: "Last share", num: true, value: (row) => row.lastShareSeconds,
      text: (row) => (Number.isFinite(row.lastShareSeconds) ? `${format.duration(row.lastShareSeconds)} ago` : "none yet") },
    { key: "connected", label: "Connected", num: true, text: (row) => format.duration(row.connectedSeconds), value: (row) => row.connectedSeconds },
    { key: "agent", label: "Program", text: (row) => row.userAgent, node: (row) => name(row.userAgent, { limit: 26 }), value: (row) => row.userAgent },
  ];
  return new Table("Connected workers", columns.filter((column) => withAccount || column.key !== "account"), {
    rowKey: (row) => row.key ?? `${row.worker}\n${row.algorithm}\n${row.connectedSeconds}`, sort: { key: "hashrate", down: true }, pageSize: 50,
    rowClass: (row) => (isStale(row) ? "dim" : ""),
    empty: ["No worker is here. Point a miner at the address at the foot of this page, user ", h("code", {}, "ADDRESS.worker"), "."],
  });
}
