// What the page has seen since it was opened, bounded, kept over a reload of the tab.

const pointLimit = 720;
const seriesLimit = 64;
const leastSeconds = 5;
const key = "history-1";

let series = new Map();
try {
  const stored = JSON.parse(sessionStorage.getItem(key) ?? "[]");
  const oldest = Date.now() / 1000 - 3600;
  series = new Map(stored.map(([name, points]) => [name, points.filter(([time]) => time > oldest)]));
} catch {
  // Without storage, or with something else in it, history begins now.
}

/** Adds a value at the present; samples that come sooner than five seconds after the last one replace it. */
export function record(name, value) {
  if (!Number.isFinite(value)) return;
  const now = Date.now() / 1000;
  let points = series.get(name);
  if (!points) {
    if (series.size >= seriesLimit) series.delete(series.keys().next().value);
    series.set(name, (points = []));
  }
  const before = points.at(-2);
  if (before && now - before[0] < leastSeconds) points.pop();
  points.push([now, value]);
  if (points.length > pointLimit) points.splice(0, points.length - pointLimit);
}

/** `[[seconds since 1970, value], …]`, oldest first. */
export const points = (name) => series.get(name) ?? [];

addEventListener("pagehide", () => {
  try { sessionStorage.setItem(key, JSON.stringify([...series])); } catch { /* Then it is forgotten. */ }
});
