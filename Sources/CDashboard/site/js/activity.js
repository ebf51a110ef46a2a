// What has just happened: events where the server sends them, otherwise the moves that the API remembers.
import { h, fill, name, account, announce } from "./dom.js";
import { card } from "./parts.js";
import * as events from "./events.js";
import * as format from "./format.js";

const shownLimit = 40;

/** A card with the newest happenings, first the newest. */
export function activity({ watch, atEnd }, kind = "") {
  const list = h("ul", { class: "feed" });
  const empty = h("p", { class: "empty" }, "Nothing has happened yet: moves, blocks and payments show here.");
  let moves = [];

  function write() {
    const happened = events.recentEvents().map((event) => ({
      at: format.unixSeconds(event.at ?? event.timestamp), key: `e${event.seq} ${event.count}`, text: describe(event.type, event.data ?? {}, event.count),
    })).filter((line) => line.text !== null);
    const hasDecisions = events.recentEvents().some((event) => event.type === "decision");
    const lines = [...happened, ...(hasDecisions ? [] : moves)].sort((a, b) => b.at - a.at).slice(0, shownLimit);
    empty.hidden = lines.length > 0;
    fill(list, lines.map((line) => line.key).join(), () => lines.map((line) => h("li", {},
      h("time", { datetime: isoText(line.at), title: format.moment(line.at) }, format.moment(line.at).slice(11)),
      h("span", {}, line.text))));
  }

  watch("/api/orchestrator/decisions?limit=40", { every: 2000, on: ["decision", "switch"] }, ({ value }) => {
    const known = moves[0]?.key;
    moves = (value?.decisions ?? []).map(({ number, decision }) => ({
      at: decision.at, key: `d${number}`, text: describe("decision", decision),
    }));
    if (known && moves[0]?.key !== known) announce(`Miners moved: ${moves[0]?.text?.textContent ?? ""}`);
    write();
  });
  atEnd(events.listen(["*"], () => write()));
  write();
  return card("Just now", { flush: true, kind }, empty, h("div", { class: "feed-scroll", role: "region", "aria-label": "Just now", tabindex: 0 }, list));
}

function isoText(seconds) {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString() : null;
}

/** A sentence of an event; `null` for what is not worth one. */
function describe(type, data, number = 1) {
  const pool = (text) => h("b", {}, name(text ?? "nowhere"));
  switch (type) {
    case "decision":
      return h("span", {}, name(data.group ?? "miners"), ": ", pool(data.from), " → ", pool(data.to), ". ",
        h("span", { class: "quiet" }, name(data.overruledBecause ?? data.reason ?? "", { limit: 220 })));
    case "switch": {
      const who = number > 1 ? `${format.count(number)} miners` : data.worker ?? "A miner";
      return h("span", {}, name(who), " moved: ", pool(data.from), " → ", pool(data.to));
    }
    case "block_found": case "block_unlocked": case "block_orphaned": {
      const what = { block_found: "found", block_unlocked: "matured", block_orphaned: "was lost" }[type];
      return h("span", {}, `Block ${format.count(data.height)} ${what} at `, pool(data.source ?? data.pool), ", by ", account(data.address),
        data.rewardText ? `, ${data.rewardText} ${data.coin ?? ""}` : "", data.reason ? [": ", name(data.reason, { limit: 120 })] : null);
    }
    case "payment":
      return h("span", {}, `${data.amountText ?? ""} ${data.coin ?? ""} paid to `, account(data.address));
    case "payment_batch":
      return h("span", {}, `Batch of payments ${data.state}: ${data.totalText ?? ""} ${data.coin ?? ""} for ${format.count(data.recipients)} miners`,
        data.reason ? [". ", name(data.reason, { limit: 160 })] : null);
    case "policy_reloaded":
      return h("span", {}, "Policy ", pool(data.policy), " is in use as it was edited");
    case "policy_broken":
      return h("span", {}, "An edit of the policy has mistakes and is not used; ", pool(data.policy), " goes on");
    case "health":
      return h("span", {}, pool(data.part), data.healthy ? " works again" : ": ", data.healthy ? null : name(data.reason ?? "does not work", { limit: 160 }));
    case "ban":
      return h("span", {}, "Banned for a while: ", data.address ? [account(data.address), ", "] : null, name(data.reason ?? "", { limit: 120 }));
    default:
      return null;
  }
}
