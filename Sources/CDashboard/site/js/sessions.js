// Connected sessions, all of them where the API gives them by pages, the fastest otherwise.

/** Calls `listener({total, sessions})` after every answer. Many sessions are asked for less often. */
export function sessions({ watch }, listener) {
  watch("/api/miners", { every: 2000, on: ["switch"] }, ({ value }) => {
    if (!Array.isArray(value?.sessions)) return;
    listener({ total: value.total ?? value.sessions.length, sessions: value.sessions });
  });
}
