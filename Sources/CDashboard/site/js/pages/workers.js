// Connected workers: searched, sorted, with marks for those that have gone quiet.
import { h, name, account, setText, plain, short } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { badge, card, pageHead, pool, tiles } from "../parts.js";
import { Sessions } from "../sessions.js";

/** Without a share for so long a worker is marked. */
const staleSeconds = 600;

export const isStale = (one) => (one.lastShareSeconds ?? one.connectedSeconds) >= staleSeconds;

export function open({ watch, atEnd }) {
  let all = [];
  let total = 0;
  let paged = null;
  let pools = [];
  const figures = tiles({ workers: "Workers connected", stale: "Quiet for ten minutes", hashrate: "Hashrate of these", rejected: "Shares rejected" });
  const table = workerTable({ onAsk: ({ sort, page }) => ask({ sort: sort.key, down: sort.down, page }) });
  const found = h("span", { class: "card-note", role: "status" });
  const search = h("input", { type: "search", placeholder: "Worker, address or program", "aria-label": "Search workers", oninput: () => later(), maxlength: 128, spellcheck: "false" });
  const algorithm = h("select", { onchange: () => changed() });
  const source = h("select", { onchange: () => changed() });
  const stale = h("input", { type: "checkbox", onchange: () => show() });
  let timer = null;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => changed(), 120);
  };
  atEnd(() => clearTimeout(timer));

  const sessions = new Sessions((next) => {
    const named = new Map();
    all = next.sessions.map((one) => ({ ...one, key: keyOf(one, named), searched: `${one.account}.${one.worker} ${one.userAgent}`.toLowerCase() }));
    ({ total, page: paged } = next);
    figures.set("workers", format.count(total));
    show();
  });
  atEnd(() => sessions.end());

  /** Of a farm that is too large to be sent whole, the server is asked. */
  function ask(more = {}) {
    sessions.ask({ ...sessions.question, search: search.value.trim(), algorithm: algorithm.value, pool: source.value, ...more });
  }

  function changed() {
    ask({ page: 0 });
    if (!paged) show();
  }

  function show() {
    offer(algorithm, "All algorithms", pools.filter((one) => one.miners > 0).map((one) => one.algorithm));
    offer(source, "All pools", pools.filter((one) => one.miners > 0).map((one) => one.name));
    stale.parentElement.hidden = paged !== null;
    if (paged) return showPage();
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = all.filter((one) => (algorithm.value === "" || one.algorithm === algorithm.value)
      && (source.value === "" || one.pool === source.value) && (!stale.checked || isStale(one))
      && words.every((word) => one.searched.includes(word)));
    table.show(matching);
    figures.set("stale", format.count(all.filter(isStale).length), "no share for that long");
    const isCut = total > all.length ? `; the API gave the fastest ${format.count(all.length)} of ${format.count(total)}` : "";
    setText(found, matching.length === all.length && !isCut ? "" : `${format.count(matching.length)} match${isCut}`);
    figures.set("hashrate", format.hashrate(matching.reduce((sum, one) => sum + one.hashrate, 0)), `${format.count(matching.length)} workers`);
    const [accepted, rejected] = [sumOf(matching, "accepted"), sumOf(matching, "rejected")];
    figures.set("rejected", accepted + rejected > 0 ? format.percent(rejected / (accepted + rejected), 2) : "—", `${format.count(rejected)} of ${format.count(accepted + rejected)}`);
  }

  function showPage() {
    table.show(all, paged);
    setText(found, paged.matching === total ? "" : `${format.count(paged.matching)} match`);
    figures.set("stale", "—", "sort by last share to see them");
    figures.set("hashrate", format.hashrate(sumOf(all, "hashrate")), `${format.count(all.length)} workers of this page`);
    const [accepted, rejected] = [sumOf(all, "accepted"), sumOf(all, "rejected")];
    figures.set("rejected", accepted + rejected > 0 ? format.percent(rejected / (accepted + rejected), 2) : "—", `${format.count(rejected)} of ${format.count(accepted + rejected)} on this page`);
  }

  watch("/api/pools", { every: 5000, on: ["switch"] }, ({ value }) => { pools = (value?.pools ?? []).filter((one) => one.told); });

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
function keyOf(one, named) {
  const name = `${one.account}\n${one.worker}\n${one.algorithm}\n`;
  const number = (named.get(name) ?? 0) + 1;
  named.set(name, number);
  return name + number;
}

/** Options of a select, kept as long as they are the same. */
function offer(select, everything, values) {
  const options = [...new Set(values)].sort();
  if (select.dashboardOptions === options.join("\n") && select.options.length > 0) return;
  select.dashboardOptions = options.join("\n");
  const before = select.value;
  select.replaceChildren(h("option", { value: "" }, everything), ...options.map((option) => h("option", { value: option }, plain(short(option, 40)))));
  select.value = options.includes(before) ? before : "";
}

export function workerTable({ withAccount = true, onAsk } = {}) {
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
    rowKey: (row) => row.key ?? `${row.worker}\n${row.algorithm}\n${row.connectedSeconds}`, sort: { key: "hashrate", down: true }, pageSize: 50, onAsk,
    rowClass: (row) => (isStale(row) ? "dim" : ""),
    empty: ["No worker is here. Point a miner at the address at the foot of this page, user ", h("code", {}, "ADDRESS.worker"), "."],
  });
}
