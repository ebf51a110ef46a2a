// One miner: what it does, what it has earned, its level, and how to connect.
import { h, fill, name, setText, plain, short } from "../dom.js";
import * as format from "../format.js";
import * as history from "../history.js";
import { LineChart } from "../chart.js";
import { Table } from "../table.js";
import { card, meter, pageHead, tiles, unavailable } from "../parts.js";
import { workerTable } from "./workers.js";
import { blockTable } from "./blocks.js";
import { payments } from "../payments.js";

export function open(context, [address]) {
  return address ? ofMiner(context, address) : ask(context, "");
}

/** Without an address: a place to write one. */
function ask({ go, watch }) {
  const field = h("input", { type: "text", "aria-label": "Address of the miner", placeholder: "ZION_…", maxlength: 128, spellcheck: "false", autocomplete: "off" });
  const look = () => {
    const text = field.value.trim();
    if (text !== "") go(`/miner/${encodeURIComponent(text)}`);
  };
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") look(); });
  return [
    pageHead("Miner", "Everything about one address: hashrate, balance, level, payouts."),
    h("div", { class: "grid" },
      card("Which one?", { kind: "half" }, h("div", { class: "tools" }, h("span", { class: "grow" }, field),
        h("button", { type: "button", class: "button", onclick: look }, "Show"))),
      card("How to connect", { kind: "half" }, connecting(watch, "ADDRESS"))),
  ];
}

function ofMiner({ watch, atEnd }, address) {
  const encoded = encodeURIComponent(address);
  const figures = tiles({ hashrate: "Hashrate", shares: "Shares stored", work: "Work accepted", pending: "Balance", paid: "Paid" });
  const trouble = h("div", {});
  const chart = new LineChart("Hashrate", format.hashrate);
  const live = workerTable({ withAccount: false });
  const stored = storedTable();
  const blocks = blockTable({ withFinder: false });
  const level = h("div", {}, "…");

  watch(`/api/miner/${encoded}`, { every: 2000, on: ["switch", "block", "payment"] }, (state) => {
    fill(trouble, state.error ?? "", () => (state.error ? h("p", { class: "note warn", role: "status" }, name(`${state.error}.`, { limit: 240 })) : null));
    const { value } = state;
    if (!value) return;
    const quiet = (value.sessions ?? []).length === 0;
    figures.set("hashrate", value.hashrateText ?? format.hashrate(value.hashrate), quiet ? "not connected now" : `${value.sessions.length} connection${value.sessions.length === 1 ? "" : "s"}`);
    figures.set("shares", format.count(value.shares), "at the local pool");
    figures.set("work", format.work(value.work), "at the local pool");
    figures.set("pending", coins(value.balance_pending ?? value.balance?.confirmed), value.balance?.immature === undefined ? "" : `${coins(value.balance.immature)} immature`);
    figures.set("paid", coins(value.balance_paid ?? value.balance?.paid));
    history.record(`miner ${address}`, value.hashrate);
    chart.show([{ name: "all workers", points: history.points(`miner ${address}`) }]);
    live.show(value.sessions ?? []);
    stored.show(value.workers ?? []);
    blocks.show(value.blocks ?? []);
  });
  watch(`/api/consciousness/profile/${encoded}`, { every: 5000, on: ["block"] }, (state) => writeLevel(level, state));

  const copied = h("span", { class: "quiet small", role: "status" });
  const copy = h("button", {
    type: "button", class: "button", onclick: async () => {
      try {
        await navigator.clipboard.writeText(address);
        setText(copied, "copied");
      } catch {
        setText(copied, "the browser does not allow it");
      }
    },
  }, "Copy address");
  return [
    pageHead("Miner", h("span", { class: "mono" }, name(address, { limit: 64 })), " ", copy, " ", copied),
    trouble,
    figures.element,
    h("div", { class: "grid" },
      card("Hashrate", { kind: "wide", note: "since this page was opened" }, chart.element),
      card("Consciousness", { kind: "narrow" }, level),
      card("Connected now", { flush: true }, live.element),
      card("Workers", { kind: "half", flush: true, note: "shares at the local pool" }, stored.element),
      card("Payouts", { kind: "half", flush: true }, payments({ watch, atEnd }, address)),
      card("Blocks", { flush: true, note: "found by this miner" }, blocks.element),
      card("How to connect", {}, connecting(watch, address))),
  ];
}

const coins = (value) => (Number.isFinite(Number(value ?? NaN)) ? format.amount(Number(value), 8) : "—");

function storedTable() {
  return new Table("Workers of this miner", [
    { key: "worker", label: "Worker", text: (row) => row.worker, node: (row) => name(row.worker, { limit: 32 }), value: (row) => row.worker },
    { key: "shares", label: "Shares", num: true, text: (row) => format.count(row.shares), value: (row) => row.shares },
    { key: "work", label: "Work", num: true, text: (row) => format.work(row.work), value: (row) => Number(row.work) },
    { key: "last", label: "Last share", num: true, text: (row) => format.ago(row.lastShare ?? NaN), value: (row) => row.lastShare },
  ], { rowKey: (row) => row.worker, pageSize: 25, sort: { key: "shares", down: true }, empty: "No share of this miner is stored at the local pool." });
}

function writeLevel(box, { value, missing, error }) {
  if (!value?.consciousness_level) {
    return fill(box, `${missing} ${error}`, () => (missing ? unavailable("Level") : h("p", { class: "quiet" }, error ?? "…")));
  }
  const { consciousness_level: level, xp, mining, activities, achievements } = value;
  fill(box, JSON.stringify(value), () => {
    const part = Math.min(1, Math.max(0, Number(xp?.percentage ?? 0) / 100));
    return [
      h("div", { class: "level" }, h("span", { class: "level-mark", "aria-hidden": "true" }, plain(short(String(level.number ?? (level.name ?? "?")[0]), 2))),
        h("div", {}, h("h3", {}, name(level.name)), h("p", { class: "quiet small" }, name(level.description ?? "", { limit: 120 })))),
      h("p", { class: "small" }, `${format.count(xp?.current)} XP`, xp?.to_next_level > 0 ? `, ${format.count(xp.to_next_level)} to the next level` : ""),
      meter(part, "Way to the next level"),
      h("dl", { class: "facts level-facts" },
        h("dt", {}, "Bonus multiplier"), h("dd", {}, plain(short(String(mining?.bonus_multiplier ?? level.multiplier), 12))),
        h("dt", {}, "Blocks found"), h("dd", {}, format.count(mining?.blocks_found)),
        h("dt", {}, "Challenges"), h("dd", {}, format.count(activities?.ai_challenges)),
        h("dt", {}, "Meditation"), h("dd", {}, `${format.amount(Number(activities?.meditation_hours ?? 0), 3)} h`)),
      achievements?.length ? h("p", { class: "chips" }, achievements.slice(0, 20).map((id) => h("span", {}, name(String(id).replaceAll("_", " "))))) : null,
    ];
  });
}

/** What a miner's program is to be told. */
function connecting(watch, address) {
  const box = h("div", {});
  watch("/api/stats", { every: 5000 }, ({ value }) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(value?.about?.stratum ?? "") ?? [];
    if (!port) return;
    // What listens everywhere is reached where this page is.
    const shown = ["0.0.0.0", "[::]", "::", "*", ""].includes(host) ? location.hostname : host;
    const url = `stratum+tcp://${shown}:${port}`;
    fill(box, url, () => [
      h("dl", { class: "facts" },
        h("dt", {}, "URL"), h("dd", {}, h("code", {}, url)),
        h("dt", {}, "User"), h("dd", {}, h("code", {}, name(`${address}.worker`, { limit: 160 }))),
        h("dt", {}, "Password"), h("dd", {}, h("code", {}, "x"))),
      h("p", { class: "quiet small" }, "Another algorithm than the server's own is named after the worker: ", h("code", {}, "ADDRESS.worker+yescryptR16"),
        ". A worker's name is of letters, digits, . _ and -, at most 64."),
      h("pre", { tabindex: 0, "aria-label": "Command line of cpuminer" }, `cpuminer -a sha256d -o ${url} -u ${bare(address)}.worker -p x`),
    ]);
  });
  return box;
}

const bare = (address) => String(address).slice(0, 128).replace(/[^\w.:-]/g, "");
