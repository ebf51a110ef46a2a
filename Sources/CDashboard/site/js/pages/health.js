// Every part of the process and what is wrong with it, and where else to look.
import { h, name, setText, plain, short } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { badge, card, pageHead, tiles } from "../parts.js";

export function open({ watch }) {
  const figures = tiles({ state: "State", parts: "Parts that work", uptime: "Running for", alarms: "Pools that disagree" });
  const parts = new Table("Parts of the process", [
    { key: "name", label: "Part", text: (row) => row.name, node: (row) => name(row.name), value: (row) => row.name },
    { key: "healthy", label: "State", text: (row) => String(row.healthy), node: (row) => (row.healthy ? badge("works", "good") : badge("does not work", "bad")), value: (row) => String(row.healthy) },
    { key: "reason", label: "Why, and what to do", wrap: true, text: (row) => row.reason ?? "", node: (row) => name(row.reason ?? "", { limit: 400 }) },
  ], { rowKey: (row) => row.name, sort: { key: "healthy", down: false } });
  const about = { version: h("dd", {}), network: h("dd", {}), stratum: h("dd", {}), policy: h("dd", {}) };

  watch("/api/health", { every: 2000, on: ["health"] }, ({ value }) => {
    if (!value?.parts) return;
    figures.set("state", value.healthy ? "Healthy" : "Not healthy", value.healthy ? "miners find work" : "see below");
    figures.set("parts", format.count(value.parts.filter((part) => part.healthy).length), `of ${value.parts.length}`);
    parts.show(value.parts);
  });
  watch("/api/stats", { every: 2000 }, ({ value }) => {
    if (!value?.about) return;
    figures.set("uptime", format.duration(value.uptimeSeconds));
    for (const [key, element] of Object.entries(about)) setText(element, plain(short(String(value.about[key] ?? "—"), 120)));
  });
  watch("/api/pools", { every: 2000, on: ["health"] }, ({ value }) => {
    if (!Array.isArray(value?.pools)) return;
    const alarms = value.pools.filter((one) => one.alarm);
    figures.set("alarms", format.count(alarms.length), plain(short(alarms.map((one) => one.name).join(", "), 80)) || "with what miners were told");
  });

  return [
    pageHead("Health", "What works and what does not. The same is at ", h("a", { href: "/api/health" }, "/api/health"), ", with 503 when miners would find no work."),
    figures.element,
    h("div", { class: "grid" },
      card("Parts", { kind: "wide", flush: true }, parts.element),
      h("div", { class: "narrow grid" },
        card("This process", {}, h("dl", { class: "facts" }, h("dt", {}, "Version"), about.version, h("dt", {}, "Miners connect to"), about.stratum,
          h("dt", {}, "Policy"), about.policy, h("dt", {}, "Network"), about.network)),
        card("For programs", {}, h("ul", {},
          [["/metrics", "metrics for Prometheus"], ["/api/stats", "statistics"], ["/api/pools", "pools"], ["/api/profitability", "profitability"], ["/api/orchestrator/scores", "scores"]]
            .map(([path, what]) => h("li", {}, h("a", { href: path }, path), h("span", { class: "quiet" }, ` ${what}`))))))),
  ];
}
