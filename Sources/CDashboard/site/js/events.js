// The server's events over a WebSocket, with what was missed meanwhile after a break. Where there are none, pages ask
// the API more often.

/** What pages ask for, and the server's names for it. Single shares and connections are too many to be of use here. */
const topics = {
  block: ["block_found", "block_progress", "block_unlocked", "block_orphaned"],
  payment: ["payment", "payment_batch"],
  policy: ["policy_reloaded", "policy_broken"],
  switch: ["switch"], decision: ["decision"], health: ["health"], hashrate: ["hashrate"], ban: ["ban"],
};
const topicOf = new Map(Object.entries(topics).flatMap(([topic, types]) => types.map((type) => [type, topic])));
/** These happen all the time, and are no news. */
const silent = new Set(["hashrate", "block_progress"]);
/** Moves of single miners within so long of each other are one move. */
const oneMoveMilliseconds = 3000;

const listeners = new Map();
const stateListeners = new Set();
/** The newest events, newest first, for pages that open later. */
const recent = [];
const recentLimit = 100;

let state = "connecting";
let socket = null;
let seen = null;
let failures = 0;
let timer = null;

export const recentEvents = () => recent;

/** Calls `listener(event)` for events of the given topics; `*` is everything. Returns what ends it. */
export function listen(wanted, listener) {
  for (const topic of wanted) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
  }
  return () => { for (const topic of wanted) listeners.get(topic)?.delete(listener); };
}

/** Calls `listener(state)` now and at each change: `connecting`, `live` or `polling`. */
export function onState(listener) {
  stateListeners.add(listener);
  listener(state);
}

function become(next) {
  if (state === next) return;
  state = next;
  for (const listener of stateListeners) listener(state);
}

function receive(text) {
  let event;
  try { event = JSON.parse(text); } catch { return; }
  if (typeof event?.type !== "string") return;
  // Where the stream stands, for whoever has heard nothing of it yet. A server that was started again begins anew.
  if (Number.isSafeInteger(event.seq) && (seen === null || topicOf.has(event.type))) seen = event.seq;
  if (!topicOf.has(event.type)) return;
  if (!silent.has(event.type)) remember(event);
  for (const topic of [topicOf.get(event.type), "*"]) {
    for (const listener of [...(listeners.get(topic) ?? [])]) listener(event);
  }
}

function remember(event) {
  if (event.type === "switch" && event.data) {
    const same = recent.find((one) => one.type === "switch" && one.data.from === event.data.from && one.data.to === event.data.to
      && Math.abs(Date.now() - one.heard) < oneMoveMilliseconds);
    event.count = 1 + (event.data.omitted ?? 0);
    if (same) return void (same.count += event.count);
  }
  event.heard = Date.now();
  recent.unshift(event);
  recent.length = Math.min(recent.length, recentLimit);
}

export function connect() {
  clearTimeout(timer);
  const query = new URLSearchParams({ types: [...topicOf.keys()].join(",") });
  if (seen !== null) query.set("since", String(seen));
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  let opened = false;
  try {
    socket = new WebSocket(`${scheme}//${location.host}/api/events?${query}`);
  } catch {
    return retry(false);
  }
  socket.addEventListener("open", () => {
    opened = true;
    failures = 0;
    become("live");
  });
  socket.addEventListener("message", (message) => {
    if (typeof message.data === "string") receive(message.data);
  });
  socket.addEventListener("close", () => retry(opened));
}

/** A server without events is asked again seldom, one that was there soon. */
function retry(wasOpen) {
  become("polling");
  failures += 1;
  const base = wasOpen || seen !== null ? 1000 * 2 ** Math.min(failures - 1, 5) : Math.min(300_000, 15_000 * failures);
  timer = setTimeout(connect, base * (0.8 + Math.random() * 0.4));
}
