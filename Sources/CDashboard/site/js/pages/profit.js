// What each pool is expected to pay, what the accepted work was worth, and what coins are worth.
import { h, fill, name, hint, plain, short } from "../dom.js";
import * as format from "../format.js";
import * as history from "../history.js";
import { LineChart } from "../chart.js";
import { Table } from "../table.js";
import { Choice, badge, card, pageHead, pool } from "../parts.js";

export function open({ watch }) {
  let value = null;
  const choice = new Choice("Algorithm", () => draw());
  const chart = new LineChart("Expected revenue", (number) => format.amount(number, 3));
  const unitNote = h("span", { class: "card-note" });
  const table = poolTable();
  const prices = priceTable();

  function draw() {
    if (!value) return;
    const shown = value.pools.filter((one) => one.algorithm === choice.picked);
    const currency = plain(short(String(value.prices[0]?.currency ?? ""), 8));
    const isPriced = shown.some((one) => Number.isFinite(one.expected?.currencyPerUnitDay));
    const unit = shown.find((one) => one.expected)?.expected.unit ?? "";
    const coins = [...new Set(shown.map((one) => one.coin).filter(Boolean))];
    const money = isPriced ? currency : coins.length === 1 ? coins[0] : "coins";
    const per = unit ? `${money} a day for 1 ${unit.replace("H/day", "H/s")}` : "";
    fill(unitNote, per, () => [name(per)]);
    chart.what = `Expected revenue by pool, ${per}`;
    chart.show(shown.map((one) => ({ name: one.name, points: history.points(`${isPriced ? "pays" : "coins"} ${one.name}`) })),
      shown.some((one) => one.expected) ? undefined : "No pool of this algorithm has a value yet: it comes with its first job.");
    table.show(shown.map((one) => ({ ...one, currency })));
  }

  watch("/api/profitability", { every: 2000, on: ["decision"] }, (state) => {
    if (!state.value) return;
    value = state.value;
    for (const one of value.pools) {
      history.record(`pays ${one.name}`, one.expected?.currencyPerUnitDay ?? NaN);
      history.record(`coins ${one.name}`, one.expected?.coinsPerUnitDay ?? NaN);
    }
    const order = [...new Set(value.pools.map((one) => one.algorithm))];
    const upstreams = (algorithm) => value.pools.filter((one) => one.algorithm === algorithm && one.expected).length;
    choice.offer(order.sort((a, b) => upstreams(b) - upstreams(a)));
    draw();
    prices.show(value.prices);
  });

  return [
    pageHead("Profitability", "What a hash is expected to earn, from the pools' own jobs, their fees and prices that can be trusted."),
    h("div", { class: "tools page-head" }, choice.element),
    h("div", { class: "grid" },
      card("Expected revenue", { note: unitNote }, chart.element),
      card("Pools", { flush: true, note: "best first" }, table.element),
      card("Prices", { flush: true }, prices.element)),
  ];
}

const finite = (value, write) => (Number.isFinite(value) ? write(value) : "—");

function poolTable() {
  const earned = (sum, currency) => Number.isFinite(sum?.currency) ? `${format.amount(sum.currency)} ${currency}`
    : sum?.coins > 0 ? `${format.amount(sum.coins)} coins` : sum?.hashes > 0 ? format.work(sum.hashes) : "—";
  return new Table("What pools are expected to pay", [
    { key: "name", label: "Pool", text: (row) => row.name, node: (row) => pool(row.name) },
    { key: "coin", label: "Coin", text: (row) => row.coin ?? "—", node: (row) => (row.coin ? name(row.coin) : "—") },
    {
      key: "pays", label: "Expected a day", num: true, text: (row) => !row.expected ? "—"
        : Number.isFinite(row.expected.currencyPerUnitDay) ? `${format.amount(row.expected.currencyPerUnitDay)} ${row.currency}`
          : `${format.amount(row.expected.coinsPerUnitDay)} coins`,
    },
    { key: "fee", label: "Fee", num: true, text: (row) => format.percent(row.fee, 2) },
    { key: "scheme", label: "Scheme", text: (row) => row.scheme, node: (row) => name(row.scheme, { limit: 12 }) },
    { key: "hour", label: "Earned, last hour", num: true, text: (row) => earned(row.lastHour, row.currency) },
    { key: "day", label: "Last day", num: true, text: (row) => earned(row.lastDay, row.currency) },
    { key: "rejects", label: "Rejects", num: true, text: (row) => finite(row.quality?.rejectRatio, (part) => format.percent(part, 2)) },
    { key: "late", label: "Blocks late by", num: true, title: "How much later than the first pool it tells of a new block", text: (row) => finite(row.quality?.latenessSeconds, (seconds) => format.milliseconds(seconds * 1000)) },
    { key: "confidence", label: "Confidence", num: true, text: (row) => finite(row.expected?.confidence, (part) => format.percent(part, 0)) },
    {
      key: "trouble", label: "Note", wrap: true, text: (row) => row.trouble ?? claimNote(row.expected) ?? "",
      node: (row) => row.trouble ? h("span", { class: "text-warn" }, name(row.trouble, { limit: 140 })) : h("span", { class: "quiet" }, claimNote(row.expected) ?? ""),
    },
  ], { rowKey: (row) => row.name, empty: "No pool is configured." });
}

function claimNote(expected) {
  return Number.isFinite(expected?.claimRatio) ? `says ${format.amount(expected.claimRatio, 3)} times what its jobs say` : null;
}

function priceTable() {
  return new Table("Prices of coins", [
    { key: "coin", label: "Coin", text: (row) => row.coin, node: (row) => name(row.coin) },
    { key: "price", label: "Price", num: true, text: (row) => (Number.isFinite(row.price) ? `${format.amount(row.price, 6)} ${plain(short(String(row.currency), 8))}` : "none") },
    { key: "age", label: "Age", num: true, text: (row) => finite(row.ageSeconds, format.duration) },
    { key: "confidence", label: "Confidence", num: true, text: (row) => format.percent(row.confidence, 0) },
    {
      key: "feeds", label: "Feeds", wrap: true, text: (row) => row.feeds.map((feed) => feed.name + feed.state).join(),
      node: (row) => row.feeds.length === 0 ? h("span", { class: "quiet" }, "written in the configuration") : h("span", { class: "chips" }, row.feeds.map((feed) => h("span", { class: feed.state === "good" ? "" : "text-warn", title: hint(feed.trouble) },
        name(feed.name), feed.state === "good" ? "" : ` ${plain(short(String(feed.state).replaceAll("_", " "), 24))}`))),
    },
    { key: "trouble", label: "Note", wrap: true, text: (row) => row.trouble ?? "", node: (row) => row.trouble ? h("span", { class: "text-warn" }, name(row.trouble, { limit: 140 })) : badge("good", "good") },
  ], {
    rowKey: (row) => row.coin,
    empty: ["No coin has a price: pools of one coin are compared by coins. Prices are written under ", h("code", {}, "prices:"), " in the configuration."],
  });
}
