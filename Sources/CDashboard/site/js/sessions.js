// Connected workers as a page wants them: searched, sorted, a piece at a time. A farm of a thousand is looked through
// here; of a larger one the server is asked for one page, so that neither side ever handles all of them.
import { watch } from "./live.js";

/** Columns that the server can sort by, and its names for them. */
const serverOrders = {
  worker: "worker", account: "account", pool: "pool", hashrate: "hashrate", accepted: "accepted", rejected: "rejected",
  connected: "connected", last: "lastShare",
};

/**
 * Calls `listener({total, sessions, page})` after every answer: `sessions` are all that are connected, or with `page`
 * (`{number, count, matching}`) one page of those that fit the question.
 */
export class Sessions {
  constructor(listener) {
    this.listener = listener;
    this.question = { search: "", algorithm: "", pool: "", sort: "hashrate", down: true, page: 0 };
    this.endAll = watch("/api/miners?limit=1000", { every: 2000, on: ["switch"] }, ({ value }) => this.hear(value));
  }

  hear(value) {
    if (!Array.isArray(value?.sessions)) return;
    this.total = value.total ?? value.sessions.length;
    if (this.total <= value.sessions.length) return this.listener({ total: this.total, sessions: value.sessions, page: null });
    // Too many for one answer: from now on the server looks for them.
    this.endAll();
    this.isPaged = true;
    this.endTotal = watch("/api/stats", { every: 5000 }, (state) => { this.total = state.value?.miners ?? this.total; });
    this.ask(this.question, value.sessions);
  }

  /** Another question; does nothing while all are known here. `otherwise`: what is shown where the server has no pages. */
  ask(question, otherwise = null) {
    this.question = question;
    if (!this.isPaged) return;
    this.endPage?.();
    const query = new URLSearchParams({ page: question.page, pageSize: 50, sort: serverOrders[question.sort] ?? "hashrate", order: question.down ? "descending" : "ascending" });
    for (const key of ["search", "algorithm", "pool"]) if (question[key]) query.set(key, question[key]);
    this.endPage = watch(`/api/workers?${query}`, { every: 2000, on: ["switch"] }, ({ value, missing }) => {
      if (Array.isArray(value?.workers)) {
        this.listener({ total: this.total, sessions: value.workers, page: { number: value.page, count: value.pageCount, matching: value.total } });
      } else if (missing && otherwise) {
        this.listener({ total: this.total, sessions: otherwise, page: null });
      }
    });
  }

  end() {
    for (const end of [this.endAll, this.endTotal, this.endPage]) end?.();
  }
}
