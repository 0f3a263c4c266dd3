// Where there is room beside a list, the record of a row is shown there: by its own page's block.
const PREVIEW_DELAY_MILLISECONDS = 100;
const pane = document.querySelector(".preview #record");
const preview = { path: "", timer: null, empty: [...(pane?.childNodes ?? [])] };

function hasPreview() {
  return Boolean(pane?.checkVisibility());
}

function showPreview(link) {
  if (!link || !hasPreview()) return;
  preview.path = link.pathname;
  // What can be done there concerns another row than the marked one, until the record of that comes.
  pane.inert = true;
  markPreviewed();
  clearTimeout(preview.timer);
  preview.timer = setTimeout(
    () => htmx.ajax("GET", link.href, { source: pane, target: pane }), PREVIEW_DELAY_MILLISECONDS,
  );
}

function emptyPreview() {
  clearTimeout(preview.timer);
  htmx.trigger(pane, "htmx:abort");
  pane.replaceChildren(...preview.empty);
  pane.inert = false;
}

// The focus stays on the row whose record comes.
function isPreview(swap) {
  return swap?.request.method === "GET" && swap.sourceElement?.id === "record";
}

// Whether this is the record that was asked for last.
function isAwaited(swap) {
  return isPreview(swap) && new URL(swap.request.action, location.href).pathname === preview.path;
}

function markPreviewed() {
  for (const link of document.querySelectorAll("#results tbody th a")) {
    if (preview.path === link.pathname) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (isAwaited(ctx)) pane.inert = false;
});

// A record that cannot be shown is marked in no row.
for (const event of ["htmx:error", "htmx:response:error"]) {
  document.addEventListener(event, ({ detail: { ctx } }) => {
    if (!isAwaited(ctx)) return;
    preview.path = "";
    markPreviewed();
    emptyPreview();
  });
}

// A second click on its link opens the page, as do Enter, a middle click and one with Ctrl; so does the first
// while a form is open in the preview, and the browser asks before what is written there is lost.
document.addEventListener("click", (event) => {
  const link = event.target.closest("#results tbody tr")?.querySelector("th a");
  const other = event.target.closest("a, input, label, button");
  if (
    !link || !hasPreview() || !event.detail || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey ||
    (other && (other !== link || link.matches("[aria-current]"))) || pane.querySelector("#doing form")
  ) return;
  event.preventDefault();
  // The answer to what is being done there comes into the same pane.
  if (pane.querySelector(".htmx-request")) return;
  link.focus();
  showPreview(link);
});

// What was done in the preview may have moved its row.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST" || !ctx.hx.retarget || !hasPreview()) return;
  const results = document.querySelector("#results");
  htmx.ajax("GET", location.href, { source: results, target: results });
});

// On a screen that was turned, the pane has no place, or one again.
matchMedia("(min-width: 80em)").addEventListener("change", () => {
  if (hasPreview()) showPreview(document.querySelector("#results th [aria-current]"));
  else if (pane) emptyPreview();
});
