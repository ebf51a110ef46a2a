// Lines over time, in SVG. Beside the picture: a legend with the newest values, and the numbers as a table.
import { h, name as safe, fill, setText } from "./dom.js";
import { moment } from "./format.js";

const height = 210;
const room = { left: 74, right: 12, top: 10, bottom: 24 };
const tableRows = 24;

/** A chart that `show(series)` fills: `[{name, points: [[seconds, value], …]}]`. `format` writes a value with its unit. */
export class LineChart {
  constructor(what, format) {
    this.what = what;
    this.format = format;
    this.series = [];
    this.svg = h("svg", { role: "img", height, "aria-label": what });
    this.legend = h("ul", { class: "legend" });
    this.table = h("table", {});
    this.numbers = h("details", { ontoggle: () => this.writeTable() },
      h("summary", {}, "The numbers"), h("div", { class: "scroll" }, this.table));
    this.empty = h("p", { class: "empty" });
    this.element = h("figure", { class: "chart" }, this.empty, this.svg, this.legend, this.numbers);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => { this.cursor = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  show(series, emptyText) {
    this.series = series.filter((one) => one.points.length > 0).slice(0, 6);
    const isEmpty = this.series.every((one) => one.points.length < 2);
    this.empty.hidden = !isEmpty;
    setText(this.empty, emptyText ?? "The line begins with the second measurement, in a few seconds.");
    for (const part of [this.svg, this.legend, this.numbers]) part.toggleAttribute("hidden", isEmpty);
    if (isEmpty) return;
    this.draw();
    if (this.numbers.open) this.writeTable();
  }

  point(event) {
    if (!this.scale) return;
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    this.cursor = this.scale.first + ((x - room.left) / this.scale.width) * this.scale.span;
    this.draw();
  }

  draw() {
    const width = this.svg.clientWidth || this.element.clientWidth;
    if (this.series.every((one) => one.points.length < 2) || width < 80) return;
    const all = this.series.flatMap((one) => one.points);
    const first = Math.min(...all.map(([time]) => time));
    const last = Math.max(...all.map(([time]) => time));
    const ticks = niceTicks(Math.max(...all.map(([, value]) => value)));
    const top = ticks.at(-1);
    const inner = { width: width - room.left - room.right, height: height - room.top - room.bottom };
    const span = Math.max(1, last - first);
    this.scale = { first, span, width: inner.width };
    const x = (time) => room.left + ((time - first) / span) * inner.width;
    const y = (value) => room.top + inner.height * (1 - value / top);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(
      ...ticks.map((tick) => h("g", {},
        h("line", { class: "axis", x1: room.left, x2: width - room.right, y1: y(tick), y2: y(tick) }),
        h("text", { class: "tick", x: room.left - 8, y: y(tick) + 4, "text-anchor": "end" }, tick === 0 ? "0" : this.format(tick)))),
      ...timeTicks(first, last, inner.width).map(([time, text]) =>
        h("text", { class: "tick", x: Math.min(x(time), width - 28), y: height - 6, "text-anchor": "middle" }, text)),
      ...this.series.map((one, index) => h("polyline", {
        class: `line s${index}`, points: one.points.map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
      })));
    if (this.cursor) {
      const at = Math.min(Math.max(x(this.cursor), room.left), width - room.right);
      this.svg.append(h("line", { class: "cursor", x1: at, x2: at, y1: room.top, y2: height - room.bottom }));
    }
    this.writeLegend(first, last);
  }

  writeLegend(first, last) {
    const values = this.series.map((one) => [one.name, this.format(nearest(one.points, this.cursor)[1])]);
    fill(this.legend, JSON.stringify([this.cursor && Math.round(this.cursor), values]), () => [
      ...values.map(([name, value], index) => h("li", {},
        h("svg", { viewBox: "0 0 22 8", "aria-hidden": "true" },
          h("line", { class: `line s${index}`, x1: 0, x2: 22, y1: 4, y2: 4 })),
        safe(name), h("b", {}, value))),
      this.cursor ? h("li", { class: "quiet" }, moment(nearest(this.series[0].points, this.cursor)[0])) : null,
    ]);
    const minutes = Math.max(1, Math.round((last - first) / 60));
    this.svg.setAttribute("aria-label", `${this.what}, over ${minutes} minute${minutes > 1 ? "s" : ""}. Newest: `
      + values.map(([name, value]) => `${name} ${value}`).join(", "));
  }

  writeTable() {
    if (!this.numbers.open) return;
    const times = spread(this.series.reduce((a, b) => (b.points.length > a.length ? b.points : a), []).map(([time]) => time));
    this.table.replaceChildren(
      h("caption", { class: "hidden" }, this.what),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"),
        this.series.map((one) => h("th", { scope: "col", class: "num" }, safe(one.name))))),
      h("tbody", {}, times.reverse().map((time) => h("tr", {}, h("th", { scope: "row" }, moment(time)),
        this.series.map((one) => h("td", { class: "num" }, this.format(nearest(one.points, time)[1])))))));
  }
}

function nearest(points, time) {
  if (!time) return points.at(-1);
  return points.reduce((best, point) => (Math.abs(point[0] - time) < Math.abs(best[0] - time) ? point : best));
}

/** At most `tableRows` of the times, evenly, the last one among them. */
function spread(times) {
  if (times.length <= tableRows) return times;
  return Array.from({ length: tableRows }, (_, row) => times[Math.round((row * (times.length - 1)) / (tableRows - 1))]);
}

/** From 0 to a round number at or above `highest`, in three or four steps. */
export function niceTicks(highest) {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  const steps = Math.max(1, Math.ceil(highest / step - 1e-9));
  return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

/** Round times between two, as `[seconds, text]`, as many as the width has room for. */
function timeTicks(first, last, width) {
  const wanted = Math.max(1, Math.floor(width / 110));
  const step = [5, 10, 30, 60, 120, 300, 600, 900, 1800].find((seconds) => (last - first) / seconds <= wanted) ?? 3600;
  const ticks = [];
  for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
    const text = moment(time).slice(11);
    ticks.push([time, step < 60 ? text : text.slice(0, 5)]);
  }
  return ticks;
}
