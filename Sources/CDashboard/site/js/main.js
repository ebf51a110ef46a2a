// The frame: which page is shown, the pills of health and connection, colours, and the foot.
import { h, setText, fill, announce, plain, short } from "./dom.js";
import { watch, onTrouble } from "./live.js";
import { connect, onState } from "./events.js";
import { duration } from "./format.js";
import * as overview from "./pages/overview.js";
import * as routing from "./pages/routing.js";
import * as profit from "./pages/profit.js";
import * as workers from "./pages/workers.js";
import * as blocks from "./pages/blocks.js";
import * as miner from "./pages/miner.js";
import * as levels from "./pages/levels.js";
import * as bans from "./pages/bans.js";
import * as health from "./pages/health.js";

const pages = [
  { path: "/", label: "Overview", page: overview },
  { path: "/pools", label: "Pools & routing", page: routing },
  { path: "/profitability", label: "Profitability", page: profit },
  { path: "/workers", label: "Workers", page: workers },
  { path: "/blocks", label: "Blocks & payouts", page: blocks },
  { path: "/miner", label: "Miner", page: miner },
  { path: "/consciousness", label: "Consciousness", page: levels },
  { path: "/bans", label: "Bans", page: bans },
  { path: "/health", label: "Health", page: health },
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let endings = [];

nav.append(...pages.map(({ path, label }) => h("a", { href: path, "data-nav": true }, label)));

/** What a page is given: `watch` like that of `live.js`, and ended with the page; `go` to another page. */
function surroundings() {
  return {
    watch: (path, options, listener) => endings.push(watch(path, options, listener)),
    atEnd: (end) => endings.push(end),
    go: (path) => go(path),
  };
}

function show({ focus }) {
  for (const end of endings) end();
  endings = [];
  const [first = "", ...rest] = location.pathname.split("/").filter(Boolean);
  const found = pages.find(({ path }) => path === `/${first}`) ?? pages[0];
  for (const anchor of nav.children) {
    if (anchor.getAttribute("href") === found.path) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.title = `${found.label} · ZION proxy`;
  main.replaceChildren(...found.page.open(surroundings(), rest.map(decoded)));
  if (!focus) return;
  scrollTo(0, 0);
  main.querySelector("h1")?.focus({ preventScroll: true });
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function go(path) {
  history.pushState(null, "", path);
  show({ focus: true });
}

document.addEventListener("click", (event) => {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = event.target.closest?.("a[data-nav]");
  if (!anchor) return;
  event.preventDefault();
  go(anchor.getAttribute("href"));
});
addEventListener("popstate", () => show({ focus: true }));

// Colours: as the system has them, light, dark.
const themes = { auto: "Auto", light: "Light", dark: "Dark" };
const themeButton = document.getElementById("theme");

function showTheme() {
  const theme = document.documentElement.dataset.theme ?? "auto";
  setText(document.getElementById("theme-text"), themes[theme]);
  const said = theme === "auto" ? "as the system has them" : theme;
  themeButton.setAttribute("aria-label", `Colours: ${said}. Press to change.`);
  themeButton.title = `Colours: ${said}`;
}

themeButton.addEventListener("click", () => {
  const order = Object.keys(themes);
  const next = order[(order.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % order.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try { localStorage.setItem("theme", next); } catch { /* Then it lasts as long as the page. */ }
  showTheme();
});

// The pill of the connection: the server's silence goes before the kind of updates.
const linkPill = document.getElementById("link-pill");
let linkState = "connecting";
let isSilent = false;

function showLink() {
  const shown = isSilent ? "silent" : linkState;
  const [text, kind, title] = {
    live: ["Live", "good", "Changes arrive as events"],
    polling: ["Polling", "good", "Figures are asked for every few seconds"],
    connecting: ["Connecting", "", "Looking for the server's events"],
    silent: ["No answer", "bad", "The server does not answer; what is shown may be old"],
  }[shown];
  setText(document.getElementById("link-text"), text);
  linkPill.className = `pill ${kind}`;
  linkPill.title = title;
}

onState((state) => {
  linkState = state;
  showLink();
});
onTrouble((silent) => {
  if (silent !== isSilent) announce(silent ? "The server does not answer." : "The server answers again.");
  isSilent = silent;
  showLink();
});

const healthPill = document.getElementById("health-pill");
watch("/api/health", { every: 3000, on: ["health"] }, ({ value }) => {
  if (!value) return;
  const ill = (value.parts ?? []).filter((part) => !part.healthy).length;
  const isWell = value.healthy ?? value.status === "healthy";
  setText(document.getElementById("health-text"), ill > 0 ? `${ill} problem${ill > 1 ? "s" : ""}` : isWell ? "Healthy" : "Not healthy");
  healthPill.className = `pill ${!isWell ? "bad" : ill > 0 ? "warn" : "good"}`;
});

watch("/api/stats", { every: 1000, on: ["block", "switch", "hashrate"] }, ({ value }) => {
  if (!value?.about) return;
  const { version, network, stratum, policy } = value.about;
  fill(document.getElementById("foot"), JSON.stringify([version, network, stratum, policy, Math.floor(value.uptimeSeconds / 60)]), () => [
    h("span", {}, word(version)), h("span", {}, `up ${duration(value.uptimeSeconds)}`),
    h("span", {}, `miners connect to ${word(stratum)}`), h("span", {}, `policy ${word(policy)}`),
    network ? h("span", {}, word(network)) : null,
  ]);
});

/** A text of the server's configuration, for the foot. */
function word(text) { return plain(short(String(text), 80)); }

showTheme();
show({ focus: false });
connect();
