// A table whose rows are kept by key: what does not change is not touched, so that focus, selection and screen readers
// stay where they are. Sorted by its heads, and shown by pages when it is long.
import { h, setText, fill } from "./dom.js";
import { count } from "./format.js";

/**
 * `columns`: `{key, label, text(row), node?(row), value?(row), num?, title?, wrap?}`. `text` is what the cell says, and
 * when it changes the cell is written again; `node` builds it where text is not enough; `value` makes it sortable.
 * `rowKey(row)` tells rows apart. `pageSize` 0 shows all rows. `onAsk({sort, page})` hears what is wanted of a table
 * whose pages come from elsewhere.
 */
export class Table {
  constructor(caption, columns, { rowKey, sort = null, pageSize = 0, empty = "Nothing yet.", rowClass = () => "", kind = null, onAsk = () => {} }) {
    Object.assign(this, { columns, rowKey, sort, pageSize, rowClass, onAsk, page: 0, rows: [], paged: null });
    this.heads = columns.map((column) => this.head(column));
    this.body = h("tbody", {});
    this.empty = h("div", { class: "empty" }, empty);
    this.scroller = h("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: 0 },
      h("table", { class: kind }, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, this.heads)), this.body));
    this.pager = h("div", { class: "card-body tools", hidden: true });
    this.back = h("button", { type: "button", class: "button", onclick: () => this.turn(-1) }, "Previous");
    this.next = h("button", { type: "button", class: "button", onclick: () => this.turn(1) }, "Next");
    this.where = h("span", { class: "quiet small" });
    this.pager.append(this.back, this.next, this.where);
    this.element = h("div", {}, this.empty, this.scroller, this.pager);
    this.known = new Map();
  }

  head(column) {
    const props = { scope: "col", class: column.num ? "num" : null, title: column.title };
    if (!column.value) return h("th", props, column.label);
    return h("th", props, h("button", { type: "button", onclick: () => this.sortBy(column) }, column.label));
  }

  sortBy(column) {
    const isDown = this.sort?.key === column.key ? !this.sort.down : Boolean(column.num);
    this.sort = { key: column.key, down: isDown };
    this.page = 0;
    this.again();
  }

  turn(pages) {
    this.page += pages;
    this.again();
    this.scroller.scrollIntoView({ block: "nearest" });
  }

  /** After another page or order was asked for. */
  again() {
    this.onAsk({ sort: this.sort, page: this.page });
    if (this.paged) this.markSort();
    else this.show(this.rows);
  }

  /** `paged`: `{number, count, matching}` where the rows are one page of more, sorted already. */
  show(rows, paged = null) {
    this.rows = rows;
    this.paged = paged;
    const sorted = paged ? rows : this.sorted(rows);
    const size = this.pageSize || Math.max(1, sorted.length);
    const pages = Math.max(1, paged ? paged.count : Math.ceil(sorted.length / size));
    this.page = Math.min(Math.max(0, paged ? paged.number : this.page), pages - 1);
    const visible = paged ? rows : sorted.slice(this.page * size, (this.page + 1) * size);
    this.markSort();
    this.empty.hidden = rows.length > 0;
    this.scroller.hidden = rows.length === 0;
    this.pager.hidden = pages < 2;
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
    setText(this.where, `${count(this.page * size + 1)} to ${count(this.page * size + visible.length)} of ${count(paged ? paged.matching : rows.length)}`);
    this.write(visible);
  }

  markSort() {
    const column = this.columns.find((one) => one.key === this.sort?.key);
    for (const [index, head] of this.heads.entries()) {
      const isSorted = column && this.columns[index] === column;
      if (isSorted) head.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  sorted(rows) {
    const column = this.columns.find((one) => one.key === this.sort?.key);
    if (!column) return rows;
    const sign = this.sort.down ? -1 : 1;
    const keyed = rows.map((row) => [column.value(row), row]);
    keyed.sort(([a], [b]) => {
      // What has no value comes last, either way.
      if (a === null || a === undefined || Number.isNaN(a)) return b === null || b === undefined || Number.isNaN(b) ? 0 : 1;
      if (b === null || b === undefined || Number.isNaN(b)) return -1;
      return sign * (typeof a === "string" ? (a < b ? -1 : a > b ? 1 : 0) : a - b);
    });
    return keyed.map(([, row]) => row);
  }

  write(rows) {
    const kept = new Map();
    let at = this.body.firstElementChild;
    for (const row of rows) {
      const key = this.rowKey(row);
      if (kept.has(key)) continue;
      const line = this.known.get(key) ?? h("tr", {}, this.columns.map((column, index) =>
        h(index === 0 ? "th" : "td", { scope: index === 0 ? "row" : null, class: cellClass(column) })));
      kept.set(key, line);
      const named = this.rowClass(row);
      if (line.className !== named) line.className = named;
      for (const [index, column] of this.columns.entries()) {
        const text = String(column.text(row));
        fill(line.children[index], text, () => (column.node ? column.node(row) : text));
      }
      if (line === at) at = at.nextElementSibling;
      else this.body.insertBefore(line, at);
    }
    for (const [key, line] of this.known) if (!kept.has(key)) line.remove();
    this.known = kept;
  }
}

const cellClass = (column) => column.num ? "num" : column.wrap ? "wrap" : "nowrap";
