// Where there is room beside a list, the record of a row is shown there: by its own page's block.
const PREVIEW_DELAY_MILLISECONDS = 100;
const preview = { path: "", timer: null };

function previewed() {
  const pane = document.querySelector(".preview #record");
  return pane?.checkVisibility() ? pane : null;
}

function showPreview(link) {
  const pane = previewed();
  if (!pane || !link) return;
  preview.path = link.pathname;
  markPreviewed();
  clearTimeout(preview.timer);
  preview.timer = setTimeout(
    () => htmx.ajax("GET", link.href, { source: pane, target: pane }), PREVIEW_DELAY_MILLISECONDS,
  );
}

// The focus stays on the row whose record comes.
function isPreview(swap) {
  return swap?.request.method === "GET" && swap.sourceElement?.id === "record";
}

function markPreviewed() {
  for (const link of document.querySelectorAll("#results tbody th a")) {
    if (preview.path === link.pathname) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

// A second click on its link opens the page, as do Enter, a middle click and one with Ctrl.
document.addEventListener("click", (event) => {
  const link = event.target.closest("#results tbody tr")?.querySelector("th a");
  const other = event.target.closest("a, input, label, button");
  if (
    !link || !previewed() || !event.detail || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey ||
    (other && (other !== link || link.matches("[aria-current]")))
  ) return;
  event.preventDefault();
  link.focus();
  showPreview(link);
});

// What was done in the preview may have moved its row.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST" || !ctx.hx.retarget || !previewed()) return;
  const results = document.querySelector("#results");
  htmx.ajax("GET", location.href, { source: results, target: results });
});

// On a screen that was turned, the pane has no place, or one again.
matchMedia("(min-width: 80em)").addEventListener("change", () => {
  if (previewed()) showPreview(document.querySelector("#results th [aria-current]"));
  else document.querySelector(".preview #record")?.replaceChildren();
});
