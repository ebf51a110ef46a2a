// The consciousness game: who is where, and what the levels are.
import { h, fill, name, account, hint } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { badge, card, pageHead, unavailable } from "../parts.js";

export function open({ watch }) {
  const board = boardTable();
  const ladder = levelTable();
  const boardBox = h("div", {}, h("p", { class: "empty" }, "…"));
  const ladderBox = h("div", {}, h("p", { class: "empty" }, "…"));
  const put = (box, what, rows, table, state) => {
    if (Array.isArray(rows)) {
      fill(box, "table", () => table.element);
      return table.show(rows);
    }
    fill(box, `${state.missing} ${state.error}`, () => (state.missing ? unavailable(what) : h("p", { class: "empty" }, state.error ?? "…")));
  };
  watch("/api/consciousness/leaderboard", { every: 5000, on: ["block"] }, (state) => put(boardBox, "Leaderboard", state.value?.leaderboard, board, state));
  watch("/api/consciousness/levels", { every: 60_000 }, (state) =>
    put(ladderBox, "Levels", state.value?.levels?.map((level, index) => ({ ...level, number: index + 1 })), ladder, state));
  return [
    pageHead("Consciousness", "Levels multiply a miner's weight in the bonus pot of the local pool, and nothing else."),
    h("div", { class: "grid" },
      card("Leaderboard", { kind: "wide", flush: true, note: "by lifetime experience" }, boardBox),
      card("Levels", { kind: "narrow", flush: true }, ladderBox)),
  ];
}

function boardTable() {
  return new Table("Miners by experience", [
    { key: "rank", label: "#", num: true, text: (row) => format.count(row.rank) },
    { key: "address", label: "Miner", text: (row) => row.address, node: (row) => account(row.address, { limit: 20 }) },
    { key: "level", label: "Level", text: (row) => String(row.level), node: (row) => badge(String(row.level).replaceAll("_", " ").toLowerCase(), "good") },
    { key: "xp", label: "XP", num: true, text: (row) => format.count(row.xp) },
    { key: "shares", label: "Shares", num: true, text: (row) => format.count(row.total_shares) },
    { key: "blocks", label: "Blocks", num: true, text: (row) => format.count(row.blocks_found) },
    { key: "challenges", label: "Challenges", num: true, text: (row) => format.count(row.ai_challenges) },
    { key: "meditation", label: "Meditation", num: true, text: (row) => `${format.amount(Number(row.meditation_hours ?? 0), 3)} h` },
  ], { rowKey: (row) => row.address, pageSize: 50, empty: "Nobody has experience yet: accepted shares at the local pool give it." });
}

function levelTable() {
  return new Table("Levels", [
    { key: "name", label: "Level", text: (row) => row.name + (row.description ?? ""), wrap: true,
      node: (row) => h("span", { title: hint(row.description) }, h("span", { class: "quiet" }, `${row.number} `), name(String(row.name).replaceAll("_", " "))) },
    { key: "multiplier", label: "Bonus", num: true, text: (row) => `× ${format.amount(row.multiplier, 4)}` },
    { key: "xp", label: "From XP", num: true, text: (row) => format.count(row.xp_required) },
  ], { rowKey: (row) => row.name });
}
