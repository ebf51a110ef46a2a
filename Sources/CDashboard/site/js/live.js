// What the API says, kept fresh: a feed for each path that somebody watches. It asks again and again, and at once when
// an event says that there is news. Figures come from the API only, so that every page shows the same.
import * as events from "./events.js";

const timeoutMilliseconds = 10_000;
/** How long a path that does not exist here is left alone. */
const missingMilliseconds = 60_000;
const feeds = new Map();
const trouble = new Set();
const troubleListeners = new Set();

class Feed {
  constructor(path) {
    this.path = path;
    this.state = { value: null, missing: false, error: null, at: 0 };
    this.listeners = new Map();
    this.failures = 0;
  }

  /** The shortest pause that a listener asks for. */
  get pause() { return Math.min(...[...this.listeners.values()].map((options) => options.every)); }

  start() {
    if (!this.running) this.ask();
  }

  poke() {
    if (this.running || this.listeners.size === 0) return;
    clearTimeout(this.timer);
    // Many events at once are one question.
    this.timer = setTimeout(() => this.ask(), Math.max(100, 400 - (Date.now() - this.state.at)));
  }

  async ask() {
    clearTimeout(this.timer);
    if (this.listeners.size === 0 || document.hidden) return;
    this.running = true;
    const wait = await this.fetch();
    this.running = false;
    if (this.failures > 1) trouble.add(this.path); else trouble.delete(this.path);
    for (const tell of troubleListeners) tell(trouble.size > 0);
    for (const listener of [...this.listeners.keys()]) listener(this.state);
    if (this.listeners.size > 0) this.timer = setTimeout(() => this.ask(), wait);
  }

  /** Returns the milliseconds to wait before the next question. */
  async fetch() {
    try {
      const response = await fetch(this.path, {
        headers: { accept: "application/json" }, cache: "no-cache", signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      if (response.status === 429) {
        const seconds = Number(response.headers.get("retry-after"));
        return Math.min(60_000, Math.max(1000, (seconds || 5) * 1000));
      }
      const body = await response.json();
      this.failures = 0;
      this.state = this.read(response.status, body);
      return this.state.missing ? missingMilliseconds : this.pause;
    } catch (error) {
      this.failures += 1;
      const said = error?.name === "TimeoutError" ? "the server takes too long to answer" : "the server does not answer";
      this.state = { ...this.state, error: said };
      return Math.min(15_000, 1000 * 2 ** Math.min(this.failures - 1, 4));
    }
  }

  read(status, body) {
    const at = Date.now();
    // A process that is not healthy says so with 503, and says why in the same shape.
    if (status === 200 || (status === 503 && body?.parts)) return { value: body, missing: false, error: null, at };
    const text = typeof body?.error === "string" ? body.error : body?.error?.message ?? `the server answered ${status}`;
    if (status === 404) return { value: null, missing: true, error: text, at };
    return { ...this.state, missing: false, error: text, at };
  }
}

/** Calls `listener` with `{value, missing, error}` now, if something is known, and after every answer.
 *  `every`: milliseconds between questions; `on`: events that make it ask at once. Returns what ends it. */
export function watch(path, options, listener) {
  let feed = feeds.get(path);
  if (!feed) feeds.set(path, (feed = new Feed(path)));
  feed.listeners.set(listener, { every: 2000, ...options });
  const deaf = events.listen(options.on ?? [], () => feed.poke());
  if (feed.state.at > 0) listener(feed.state);
  feed.start();
  return () => {
    deaf();
    feed.listeners.delete(listener);
    if (feed.listeners.size > 0) return;
    clearTimeout(feed.timer);
    trouble.delete(path);
    // What is not watched any more grows old: the next page asks again.
    feeds.delete(path);
  };
}

// What was missed while nothing was heard is in the answers.
events.onState((state) => {
  if (state === "live") for (const feed of feeds.values()) feed.poke();
});

/** Hears whether the server has stopped answering. */
export function onTrouble(listener) { troubleListeners.add(listener); }

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const feed of feeds.values()) feed.start();
});
