// Which pools there are, where each group of miners is, and why: the numbers that its last decision was made from.
import { h, fill, name, hint, plain, short } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { badge, card, faint, pageHead, pool, tiles } from "../parts.js";
import { poolState, sum } from "./overview.js";

export function open({ watch }) {
  const figures = tiles({ policy: "Policy", mode: "Mode", ready: "Pools ready", miners: "Miners" });
  const problems = h("div", {});
  const groups = h("div", {});
  const moves = moveTable();
  const pools = detailTable();

  watch("/api/orchestrator/scores", { every: 1000, on: ["decision", "switch", "policy"] }, ({ value, missing, error }) => {
    if (!value) return fill(groups, error, () => h("p", { class: "empty" }, missing ? "Decisions: not available here." : `${error ?? "…"}`));
    figures.set("policy", plain(short(value.policy, 40)), value.paused ? "paused: nobody is moved" : "");
    figures.set("mode", plain(short(value.mode, 40)).replaceAll("_", " "), value.orderedMode ? "ordered by an operator" : hint(value.modeReason) ?? "");
    writeGroups(groups, value);
  });
  watch("/api/orchestrator/policy", { every: 3000, on: ["policy"] }, ({ value }) => {
    const wrong = value?.problems ?? [];
    fill(problems, JSON.stringify(wrong), () => wrong.length === 0 ? null : h("div", { class: "note warn", role: "status" },
      h("b", {}, "The policy file was edited and has mistakes; what was in use before goes on."),
      h("ul", {}, wrong.slice(0, 10).map((problem) => h("li", {}, name(
        `${value.file ?? "policy"}${problem.line ? `:${problem.line}` : ""}: ${problem.key ? `${problem.key}: ` : ""}${problem.message}`, { limit: 300 }))))));
  });
  watch("/api/orchestrator/decisions?limit=100", { every: 2000, on: ["decision", "switch"] }, ({ value }) => {
    if (value) moves.show(value.decisions);
  });
  watch("/api/pools", { every: 1000, on: ["switch", "hashrate", "health"] }, ({ value }) => {
    if (!Array.isArray(value?.pools)) return;
    const all = value.pools.filter((one) => one.told);
    pools.show(all);
    figures.set("ready", format.count(all.filter((one) => one.state === "ready").length), `of ${all.length}`);
    figures.set("miners", format.count(all.reduce((total, one) => total + one.miners, 0)), `at ${all.filter((one) => one.miners > 0).length} of them`);
  });

  return [
    pageHead("Pools & routing", "Where each group of miners is, and what that was decided from. To move miners yourself: ",
      h("code", {}, "zion move --to POOL"), "."),
    problems,
    figures.element,
    h("div", { class: "grid" },
      card("Groups of miners", { flush: true }, groups),
      card("Pools", { flush: true }, pools.element),
      card("Moves", { flush: true, note: "newest first" }, moves.element)),
  ];
}

function writeGroups(box, { decisions, policy, mode }) {
  if (decisions.length === 0) {
    box.dashboardGroups = null;
    fill(box, `none ${policy} ${mode}`, () => h("p", { class: "empty" },
      `In the mode “${plain(short(mode, 40)).replaceAll("_", " ")}” miners go where the policy “`, name(policy), "” says: ",
      mode === "optimize_profit" ? "nobody is there to be decided about yet." : "there are no scores to compare. A policy of the mode optimize_profit has them."));
    return;
  }
  const sorted = [...decisions].sort((a, b) => (a.group < b.group ? -1 : 1)).slice(0, 60);
  if (box.dashboardGroups !== sorted.map((decision) => decision.group).join("\n")) {
    box.dashboardGroups = sorted.map((decision) => decision.group).join("\n");
    box.dashboardSignature = null;
    box.groups = sorted.map(() => new Group());
    box.replaceChildren(...box.groups.map((group) => group.element));
  }
  for (const [index, decision] of sorted.entries()) box.groups[index].show(decision);
}

/** One group: where it is, the reason in a sentence, and every source with what counts for and against it. */
class Group {
  constructor() {
    this.head = h("div", { class: "group-head" });
    this.why = h("p", { class: "group-why" });
    this.table = scoreTable();
    this.element = h("div", { class: "group" }, this.head, this.why, this.table.element);
  }

  show(decision) {
    const { group, from, to } = decision;
    fill(this.head, JSON.stringify([group, from, to]), () => [
      h("h3", {}, name(group, { limit: 60 })),
      from && from !== to ? h("span", {}, pool(from), " → ", pool(to)) : h("span", {}, "at ", h("b", {}, pool(to ?? from))),
    ]);
    const held = decision.overruledBecause ?? decision.heldBecause;
    fill(this.why, JSON.stringify([decision.reason, held]), () => [
      name(decision.reason, { limit: 300 }), ".", held ? h("span", { class: "quiet" }, " ", name(held, { limit: 200 }), ".") : null,
    ]);
    const chosen = to ?? from;
    // Best first, excluded last.
    const order = [...decision.scores].sort((a, b) => (a.source === chosen ? -1 : b.source === chosen ? 1
      : (a.exclusion ? 1 : 0) - (b.exclusion ? 1 : 0) || (b.value ?? -Infinity) - (a.value ?? -Infinity)));
    const base = decision.scores.find((score) => score.source === from)?.value;
    this.table.show(order.map((score) => ({ ...score, isChosen: score.source === chosen, base })));
  }
}

function scoreTable() {
  return new Table("Sources and what counts for and against them", [
    { key: "source", label: "Pool", text: (row) => row.source, node: (row) => pool(row.source) },
    {
      key: "terms", label: "What changes its revenue", wrap: true,
      text: (row) => row.terms.filter(matters).map((term) => `${term.name} ${term.factor.toFixed(4)}`).join(),
      node: (row) => h("span", { class: "chips" }, row.terms.filter(matters).map((term) => h("span", { title: `× ${format.amount(term.factor, 5)}` },
        name(term.name), " ", term.factor >= 2 ? `× ${format.amount(term.factor, 3)}` : format.gain(term.factor - 1)))),
    },
    { key: "risk", label: "Risk", num: true, text: (row) => format.percent(row.risk) },
    {
      key: "gain", label: "Gain over where they are", num: true, title: "Expected revenue after all terms, against the present pool",
      text: (row) => (Number.isFinite(row.gain) ? format.gain(Math.expm1(row.gain)) : "—"),
    },
    { key: "threshold", label: "Asked for", num: true, title: "What the gain must exceed: least gain, cost of the switch, doubt", text: (row) => (row.isChosen || !(row.threshold > 0) ? "—" : format.gain(Math.expm1(row.threshold))) },
    {
      key: "verdict", label: "Verdict", wrap: true, text: (row) => (row.isChosen ? "chosen" : row.exclusion ?? row.rejectedBecause ?? ""),
      node: (row) => row.isChosen ? badge("chosen", "good")
        : h("span", { class: "quiet" }, name(row.exclusion ?? row.rejectedBecause ?? "—", { limit: 160 })),
    },
  ], { rowKey: (row) => row.source, kind: "scores", rowClass: (row) => (row.isChosen ? "chosen" : row.exclusion ? "dim" : "") });
}

/** A factor that is shown: those that change nothing are left out. */
const matters = (term) => Math.abs(term.factor - 1) >= 0.0005;

function moveTable() {
  return new Table("Moves of groups of miners", [
    { key: "at", label: "When", text: (row) => format.moment(row.decision.at) },
    { key: "group", label: "Group", text: (row) => row.decision.group, node: (row) => name(row.decision.group) },
    { key: "move", label: "From → to", text: (row) => `${row.decision.from} ${row.decision.to}`, node: (row) => h("span", {}, pool(row.decision.from), " → ", pool(row.decision.to)) },
    { key: "expected", label: "Expected", num: true, title: "Revenue of the new pool against the old one", text: (row) => format.gain(Math.expm1(row.decision.expectedGain)) },
    {
      key: "realised", label: "Realised", num: true, title: "Average since the move",
      text: (row) => (Number.isFinite(row.realisedGain) ? format.gain(row.realisedGain) : "—"),
      node: (row) => !Number.isFinite(row.realisedGain) ? "—" : h("span", {
        class: row.realisedGain < 0 ? "text-bad" : "text-good", title: `over ${format.duration(row.observedSeconds)}`,
      }, format.gain(row.realisedGain)),
    },
    { key: "reason", label: "Why", wrap: true, text: (row) => row.decision.overruledBecause ?? row.decision.reason, node: (row) => name(row.decision.overruledBecause ?? row.decision.reason, { limit: 200 }) },
  ], { rowKey: (row) => row.number, pageSize: 25, empty: "Nobody was moved yet since this process started." });
}

function detailTable() {
  const optional = (read, write) => (row) => (Number.isFinite(read(row)) ? write(read(row)) : "—");
  return new Table("Pools", [
    { key: "name", label: "Pool", text: (row) => row.name, node: (row) => pool(row.name), value: (row) => row.name },
    { key: "algorithm", label: "Algorithm", text: (row) => row.algorithm, value: (row) => row.algorithm },
    {
      key: "state", label: "State", wrap: false, text: (row) => row.state + (row.trouble ?? ""), value: (row) => row.state,
      node: (row) => h("span", {}, poolState(row), row.trouble ? [" ", name(row.trouble, { limit: 60 })] : null),
    },
    { key: "ready", label: "For", num: true, title: "Ready without a break", text: (row) => (row.state === "ready" ? format.duration(row.readySeconds) : "—"), value: (row) => row.readySeconds },
    { key: "miners", label: "Miners", num: true, text: (row) => format.count(row.miners), node: (row) => faint(format.count(row.miners), row.miners), value: (row) => row.miners },
    { key: "connections", label: "Connections", num: true, text: (row) => format.count(row.connections), value: (row) => row.connections },
    { key: "hashrate", label: "Hashrate", num: true, text: (row) => row.hashrateText, node: (row) => faint(row.hashrateText, row.hashrate), value: (row) => row.hashrate },
    { key: "accepted", label: "Accepted", num: true, text: (row) => format.count(row.told.accepted), node: (row) => faint(format.count(row.told.accepted), row.told.accepted), value: (row) => row.told.accepted },
    { key: "rejected", label: "Rejected", num: true, text: (row) => format.count(sum(row.told.rejected)), node: (row) => faint(format.count(sum(row.told.rejected)), sum(row.told.rejected)), value: (row) => sum(row.told.rejected) },
    { key: "reply", label: "Reply p50, p99", num: true, title: "From a share to the pool's answer", value: (row) => row.replyMillisecondsP50,
      text: (row) => Number.isFinite(row.replyMillisecondsP50) ? `${format.milliseconds(row.replyMillisecondsP50)}, ${format.milliseconds(row.replyMillisecondsP99)}` : "—" },
    { key: "job", label: "Job age", num: true, text: optional((row) => row.jobAgeSeconds, format.duration), value: (row) => row.jobAgeSeconds },
    { key: "blocks", label: "Blocks", num: true, text: (row) => format.count(row.blocks), node: (row) => faint(format.count(row.blocks), row.blocks), value: (row) => row.blocks },
  ], { rowKey: (row) => row.name, sort: { key: "miners", down: true }, empty: ["No pool is configured. Write one under ", h("code", {}, "pools:"), " in the configuration."] });
}
