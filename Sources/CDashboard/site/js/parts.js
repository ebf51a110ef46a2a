// Pieces that several pages use.
import { h, setText, name } from "./dom.js";

/** A card with a heading. `end`: what stands at the right of it. */
export function card(title, { kind = "", note = null, end = null, flush = false, id = null } = {}, ...content) {
  return h("section", { class: `card ${kind}`, id, "aria-label": title },
    h("div", { class: "card-head" }, h("h2", {}, title), note ? h("span", { class: "card-note" }, note) : null,
      end ? h("span", { class: "spring" }, end) : null),
    h("div", { class: flush ? "card-body flush" : "card-body" }, content));
}

/** The heading of a page, and a line on what it shows. */
export function pageHead(title, ...line) {
  return h("div", { class: "page-head" }, h("h1", { tabindex: "-1" }, title), h("p", {}, line));
}

/** Big numbers in a row. `keys`: `{key: label}`; `set(key, text, below)` writes one: the last word is its unit. */
export function tiles(keys) {
  const values = {};
  const element = h("dl", { class: "tiles" }, Object.entries(keys).map(([key, label]) => {
    const value = h("span", { "data-value": key }, "…");
    const below = h("div", { class: "below" });
    values[key] = { value, below };
    return h("div", { class: "card tile" }, h("dt", {}, label), h("dd", {}, value, below));
  }));
  const set = (key, text, below = "") => {
    const { value, below: under } = values[key];
    setText(under, below);
    if (value.dashboardText === text) return;
    value.dashboardText = text;
    const [, number, unit] = /^([\d.,−+-]+) (\S.*)$/.exec(text) ?? [null, text, null];
    value.replaceChildren(number, ...(unit ? [" ", h("span", { class: "unit" }, unit)] : []));
  };
  return { element, set };
}

/** A word with a colour: `good`, `warn`, `bad` or none. */
export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

/** A number that is quiet where it is nothing. */
export const faint = (text, value) => (value ? text : h("span", { class: "quiet" }, text));

/** A bar of a part from 0 to 1. */
export function meter(part, label) {
  const fill = h("span", { class: "bar-fill" });
  fill.style.width = `${Math.min(100, Math.max(0, part * 100)).toFixed(2)}%`;
  return h("div", {
    class: "meter", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": Math.round(Math.min(1, Math.max(0, part)) * 100), "aria-label": label,
  }, fill);
}

/** What stands where a part of the interface is not served by this process. */
export const unavailable = (what) => h("p", { class: "empty" }, `${what}: not available here.`);

/** Sentence for a feed that has nothing to show; `null` when it has. */
export function why(state, what) {
  if (state.value !== null) return null;
  if (state.missing) return `${what}: not available here.`;
  return state.error ? `${what}: ${state.error}.` : "…";
}

/** The name of a pool, as text that was chosen by an operator. */
export const pool = (text) => (text ? name(text, { limit: 28 }) : h("span", { class: "quiet" }, "nowhere"));

/** Buttons of which one is pressed. `options()` gives the names, `onPick(name)` hears the choice. */
export class Choice {
  constructor(label, onPick) {
    this.onPick = onPick;
    this.picked = null;
    this.element = h("span", { class: "choice", role: "group", "aria-label": label });
    this.options = [];
  }

  /** Offers these, and picks the first unless the picked one is among them. */
  offer(options) {
    if (!options.includes(this.picked)) this.picked = options[0] ?? null;
    const isSame = options.length === this.options.length && options.every((option, index) => option === this.options[index]);
    if (!isSame) {
      this.options = options;
      this.element.replaceChildren(...options.map((option) =>
        h("button", { type: "button", class: "button", onclick: () => this.pick(option) }, name(option))));
    }
    this.element.hidden = options.length < 2;
    this.mark();
  }

  pick(option) {
    this.picked = option;
    this.mark();
    this.onPick(option);
  }

  mark() {
    for (const [index, button] of [...this.element.children].entries()) {
      button.setAttribute("aria-pressed", String(this.options[index] === this.picked));
    }
  }
}
