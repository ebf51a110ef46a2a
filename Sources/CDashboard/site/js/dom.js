// Elements. Text goes in as text nodes only: nothing here, or anywhere, parses HTML.

const svgNames = new Set(["svg", "line", "text", "g", "polyline"]);

/** An element. `props`: attributes; `on…` are listeners; `false`, `null` and `undefined` leave an attribute out. */
export function h(tag, props, ...children) {
  const element = svgNames.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets text only where it changes, so that selections and screen readers are left alone. */
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Replaces what is in an element when `signature` is another one than last time. */
export function fill(element, signature, build) {
  if (element.dashboardSignature === signature) return false;
  element.dashboardSignature = signature;
  const nodes = build();
  element.replaceChildren(...[nodes].flat(3).filter((node) => node !== null && node !== undefined && node !== false));
  return true;
}

// Characters that show nothing, or turn what is beside them around: shown by their number instead.
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\ufff9-\ufffc]|[\u{e0000}-\u{e007f}]/gu;

/** Text that a stranger chose, harmless: what cannot be seen is shown by its number. */
export function plain(text) {
  return String(text ?? "").replace(unseen, (character) =>
    `[U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

/** At most `limit` characters, with the middle or the end left out. */
export function short(text, limit, { middle = false } = {}) {
  const points = [...text];
  if (points.length <= limit) return text;
  if (!middle) return points.slice(0, limit - 1).join("") + "…";
  const half = Math.floor((limit - 1) / 2);
  return points.slice(0, limit - 1 - half).join("") + "…" + points.slice(-half).join("");
}

/** A name that a miner or a pool gave: isolated from the text around it, cut where it is long, whole in its title. */
export function name(text, { limit = 32, middle = false, tag = "bdi", ...props } = {}) {
  // The whole of ten kilobytes would make a title that no screen holds.
  const whole = plain(short(String(text ?? ""), 400));
  const shown = short(whole, limit, { middle });
  return h(tag, { dir: tag === "bdi" ? "auto" : null, title: shown === whole ? null : whole, ...props }, shown);
}

/** The same for a title. */
export const hint = (text) => (text ? plain(short(String(text), 400)) : null);

/** A link within the dashboard. */
export function link(href, props, ...children) {
  return h("a", { href, "data-nav": true, ...props }, ...children);
}

/** An account, linked to its page. */
export function account(address, { limit = 22 } = {}) {
  const text = String(address ?? "");
  if (text === "") return h("span", { class: "quiet" }, "—");
  return link(`/miner/${encodeURIComponent(text)}`, { class: "mono" }, name(text, { limit, middle: true }));
}

let announced = 0;

/** Tells a screen reader, politely and not more than once in ten seconds. */
export function announce(text) {
  const now = Date.now();
  if (now - announced < 10_000) return;
  announced = now;
  setText(document.getElementById("announcer"), text);
}
