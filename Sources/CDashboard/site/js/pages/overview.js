// All at a glance: hashrate by algorithm and pool, miners, shares, health, and what has just happened.
import { h, fill, setText, name, link, hint } from "../dom.js";
import * as format from "../format.js";
import * as history from "../history.js";
import { LineChart } from "../chart.js";
import { Table } from "../table.js";
import { Choice, badge, card, faint, meter, pageHead, pool, tiles } from "../parts.js";
import { activity } from "../activity.js";

export function open({ watch, atEnd }) {
  const figures = tiles({
    hashrate: "Hashrate", miners: "Miners connected", accepted: "Shares accepted", rejected: "Shares rejected", blocks: "Blocks found",
  });
  let pools = [];
  const chart = new LineChart("Hashrate by pool", format.hashrate);
  const choice = new Choice("Algorithm of the chart", () => draw());
  const algorithms = algorithmTable();
  const byPool = poolTable();
  const reasons = h("div", {});
  const healthBox = h("div", {});

  function draw() {
    const shown = pools.filter((one) => one.algorithm === choice.picked);
    chart.what = `Hashrate of ${choice.picked ?? "miners"} by pool`;
    chart.show(shown.map((one) => ({ name: one.name, points: history.points(`rate ${one.name}`) })),
      choice.picked === null ? "Nobody mines yet. How to connect a miner is on the page Miner." : undefined);
  }

  watch("/api/stats", { every: 1000, on: ["block", "switch", "hashrate"] }, ({ value }) => {
    if (!value?.shares) return;
    const { accepted, rejected } = value.shares;
    const used = Object.entries(value.algorithms).filter(([, line]) => line.miners > 0 || line.hashrate > 0);
    const total = used.length === 1 ? used[0][1].hashrateText : value.hashrateText;
    figures.set("hashrate", total ?? format.hashrate(value.hashrate),
      used.length > 1 ? `of ${used.length} algorithms together` : used[0]?.[0] ?? "");
    figures.set("miners", format.count(value.miners), used.map(([algorithm, line]) => `${format.count(line.miners)} ${algorithm}`).slice(0, 3).join(", "));
    figures.set("accepted", format.count(accepted), accepted + rejected > 0 ? `${format.percent(accepted / (accepted + rejected), 2)} of all` : "");
    figures.set("rejected", format.count(rejected), accepted + rejected > 0 ? `${format.percent(rejected / (accepted + rejected), 2)} of all` : "");
    figures.set("blocks", format.count(value.blocks?.found), value.blocks?.latest?.[0] ? `latest ${format.ago(value.blocks.latest[0].foundAt)}` : "");
    algorithms.show(used.map(([algorithm, line]) => ({ algorithm, ...line })));
    writeReasons(reasons, value.shares);
  });

  watch("/api/pools", { every: 1000, on: ["switch", "hashrate", "health"] }, ({ value }) => {
    if (!Array.isArray(value?.pools)) return;
    pools = value.pools.filter((one) => one.told);
    for (const one of pools) history.record(`rate ${one.name}`, one.hashrate);
    const busy = pools.filter((one) => one.miners > 0 || one.hashrate > 0 || history.points(`rate ${one.name}`).some(([, rate]) => rate > 0));
    const weight = new Map();
    for (const one of busy) weight.set(one.algorithm, (weight.get(one.algorithm) ?? 0) + one.miners);
    choice.offer([...weight].sort(([, a], [, b]) => b - a).map(([algorithm]) => algorithm));
    draw();
    const idle = pools.length - pools.filter(isShown).length;
    byPool.table.show(pools.filter(isShown));
    setText(byPool.idle, idle > 0 ? `${idle} more without miners` : "");
  });

  watch("/api/health", { every: 3000, on: ["health"] }, ({ value }) => {
    if (value?.parts) writeHealth(healthBox, value);
  });

  const poolCard = card("By pool", { end: [byPool.idle, " ", link("/pools", { class: "small" }, "Why they are there")], flush: true },
    byPool.table.element);
  return [
    pageHead("Overview", "What the farm does now. Figures are those of the API."),
    figures.element,
    h("div", { class: "grid" },
      card("Hashrate", { kind: "wide", note: "since this page was opened", end: choice.element }, chart.element),
      h("div", { class: "narrow grid" },
        card("Health", { end: link("/health", { class: "small" }, "All parts") }, healthBox),
        card("By algorithm", { flush: true }, algorithms.element)),
      poolCard,
      activity({ watch, atEnd }, "wide"),
      card("Why shares were rejected", { kind: "narrow" }, reasons)),
  ];
}

/** Pools of other algorithms without anybody are many, and say nothing. */
const isShown = (one) => one.kind === "upstream" || one.miners > 0 || one.hashrate > 0 || one.told.accepted > 0;

function algorithmTable() {
  return new Table("Hashrate and miners by algorithm", [
    { key: "algorithm", label: "Algorithm", text: (row) => row.algorithm },
    { key: "miners", label: "Miners", num: true, text: (row) => format.count(row.miners) },
    { key: "hashrate", label: "Hashrate", num: true, text: (row) => row.hashrateText, node: (row) => faint(row.hashrateText, row.hashrate) },
  ], { rowKey: (row) => row.algorithm, empty: ["No miner is connected. Point one at the address at the foot of this page, user ", h("code", {}, "ADDRESS.worker"), "."] });
}

function poolTable() {
  const idle = h("span", { class: "card-note" });
  const table = new Table("Hashrate, miners and shares by pool", [
    { key: "name", label: "Pool", text: (row) => row.name, node: (row) => pool(row.name) },
    { key: "algorithm", label: "Algorithm", text: (row) => row.algorithm },
    { key: "state", label: "State", text: (row) => row.state + row.trouble, node: poolState },
    { key: "miners", label: "Miners", num: true, text: (row) => format.count(row.miners), node: (row) => faint(format.count(row.miners), row.miners) },
    { key: "hashrate", label: "Hashrate", num: true, text: (row) => row.hashrateText, node: (row) => faint(row.hashrateText, row.hashrate) },
    { key: "accepted", label: "Accepted", num: true, text: (row) => format.count(row.told.accepted), node: (row) => faint(format.count(row.told.accepted), row.told.accepted) },
    { key: "rejected", label: "Rejected", num: true, text: (row) => format.count(sum(row.told.rejected)), node: (row) => faint(format.count(sum(row.told.rejected)), sum(row.told.rejected)) },
    {
      key: "agreement", label: "Pool agrees", num: true, title: "Accepted by the pool ÷ answered by it; below 98 % is an alarm",
      text: (row) => (row.agreement === undefined || row.agreement === null ? "—" : format.percent(row.agreement)),
      node: (row) => h("span", { class: row.alarm ? "text-bad" : "" }, row.agreement === undefined || row.agreement === null ? "—" : format.percent(row.agreement)),
    },
  ], { rowKey: (row) => row.name, empty: "No pool is configured." });
  return { table, idle };
}

export function poolState(row) {
  if (row.state === "ready") return badge("ready", "good");
  return h("span", { title: hint(row.trouble) }, badge(row.state, "bad"));
}

export const sum = (counts) => Object.values(counts ?? {}).reduce((total, one) => total + one, 0);

function writeReasons(box, shares) {
  const lines = Object.entries(shares.rejectedByReason ?? {}).sort(([, a], [, b]) => b - a).slice(0, 6);
  fill(box, JSON.stringify([lines, shares.rejected]), () => lines.length === 0
    ? h("p", { class: "quiet" }, "None was.")
    : h("div", { class: "reasons" }, lines.map(([reason, number]) => h("div", {},
      h("div", { class: "line" }, name(reason, { limit: 40 }), h("span", {}, format.count(number))),
      meter(number / Math.max(1, shares.rejected), `Part of the rejected shares`)))));
}

function writeHealth(box, value) {
  const ill = value.parts.filter((part) => !part.healthy);
  fill(box, JSON.stringify([value.healthy, ill, value.parts.length]), () => ill.length === 0
    ? h("p", {}, badge("healthy", "good"), ` All ${value.parts.length} parts work.`)
    : [
      h("p", {}, value.healthy ? badge("healthy", "warn") : badge("not healthy", "bad"), value.healthy ? " Miners find work; not everything works." : " Something that miners need does not work."),
      h("ul", {}, ill.slice(0, 5).map((part) => h("li", {}, h("b", {}, name(part.name)), ": ", name(part.reason ?? "no reason given", { limit: 160 })))),
    ]);
}
