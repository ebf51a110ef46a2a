// Runs before the first paint, so that a remembered choice of colours never flashes. The choice: auto, light or dark.
(() => {
  let choice = null;
  try { choice = localStorage.getItem("theme"); } catch { /* Storage may be forbidden: the system's colours, then. */ }
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
})();
