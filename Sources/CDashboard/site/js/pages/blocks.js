// Blocks that were found here, and what was paid.
import { h, name, account, fill, hint, plain, short } from "../dom.js";
import * as format from "../format.js";
import { Table } from "../table.js";
import { badge, card, pageHead, pool, tiles } from "../parts.js";
import { payments } from "../payments.js";

const kinds = { matured: "good", mature: "good", confirmed: "good", accepted: "", immature: "", rejected: "bad", orphaned: "bad", orphan: "bad" };

export function open({ watch, atEnd }) {
  const figures = tiles({ found: "Blocks found", mature: "Matured", waiting: "Waiting", lost: "Lost", latest: "Latest" });
  const table = blockTable();
  const trouble = h("div", {});
  // In coins they are on the pages that other pools' clients know; without those, atomic units are shown.
  const rewards = new Map();
  let asked = false;
  watch("/api/pools", { every: 10_000 }, ({ value }) => {
    const local = (value?.pools ?? []).find((one) => one.id !== undefined && one.kind === "local");
    if (!local || asked) return;
    asked = true;
    watch(`/api/pools/${encodeURIComponent(local.id)}/blocks?pageSize=100`, { every: 5000, on: ["block"] }, (state) => {
      const coin = local.coin?.symbol ?? "";
      for (const one of Array.isArray(state.value) ? state.value : []) rewards.set(one.hash, `${format.amount(one.reward, 8)} ${coin}`);
      while (rewards.size > 1000) rewards.delete(rewards.keys().next().value);
    });
  });
  watch("/api/blocks", { every: 2000, on: ["block"] }, ({ value, error }) => {
    fill(trouble, error ?? "", () => (error ? h("p", { class: "note warn" }, `${error}.`) : null));
    if (!Array.isArray(value?.blocks)) return;
    const blocks = value.blocks.map((block) => ({ ...block, rewardCoins: rewards.get(block.hash) }));
    const states = (wanted) => blocks.filter((block) => wanted.includes(block.state)).length;
    const [mature, lost] = [states(["matured", "mature", "confirmed"]), states(["rejected", "orphaned", "orphan"])];
    figures.set("found", format.count(blocks.length), blocks.length >= 100 ? "the newest hundred" : "");
    figures.set("mature", format.count(mature), "can be paid");
    figures.set("waiting", format.count(blocks.length - mature - lost), "for confirmations");
    figures.set("lost", format.count(lost), "rejected or orphaned");
    figures.set("latest", blocks[0] ? format.ago(blocks[0].foundAt) : "—", blocks[0] ? `height ${format.count(blocks[0].height)}` : "");
    table.show(blocks);
  });
  return [
    pageHead("Blocks & payouts", "Blocks that miners found at the local pool, and what was paid out."),
    trouble,
    figures.element,
    h("div", { class: "grid" },
      card("Blocks", { flush: true, note: "newest first" }, table.element),
      card("Payouts", { flush: true, note: "newest first" }, payments({ watch, atEnd }))),
  ];
}

export function blockTable({ withFinder = true } = {}) {
  const columns = [
    { key: "height", label: "Height", num: true, text: (row) => format.count(row.height), value: (row) => row.height },
    { key: "state", label: "State", text: (row) => `${row.state} ${row.reason ?? ""}`, value: (row) => row.state,
      node: (row) => h("span", { title: hint(row.reason) }, badge(plain(short(String(row.state), 24)), kinds[row.state] ?? ""), row.reason ? [" ", name(row.reason, { limit: 40 })] : null) },
    { key: "when", label: "Found", text: (row) => format.moment(row.foundAt), value: (row) => row.foundAt },
    { key: "reward", label: "Reward", num: true, text: (row) => rewardText(row), value: (row) => row.reward },
    { key: "algorithm", label: "Algorithm", text: (row) => row.algorithm, value: (row) => row.algorithm },
    { key: "source", label: "Pool", text: (row) => row.source ?? "", node: (row) => pool(row.source), value: (row) => row.source },
    { key: "finder", label: "Found by", text: (row) => `${row.account}.${row.worker}`,
      node: (row) => h("span", {}, account(row.account, { limit: 18 }), row.worker ? [".", name(row.worker, { limit: 20 })] : null) },
    { key: "hash", label: "Hash", text: (row) => row.hash, node: (row) => name(row.hash, { limit: 20, middle: true, tag: "code" }) },
  ];
  return new Table("Blocks", columns.filter((column) => withFinder || column.key !== "finder"), {
    rowKey: (row) => row.hash, pageSize: 50, empty: "No block was found here yet. Blocks of upstream pools are counted at Pools & routing.",
  });
}

function rewardText(row) {
  if (row.rewardCoins) return plain(short(row.rewardCoins, 30));
  return Number.isFinite(row.reward) ? `${format.count(row.reward)} atomic units` : "—";
}
