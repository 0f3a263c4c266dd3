// What htmx does not do by itself. Every page works without this file.
"use strict";

function focusOnNew(stay) {
  const focused = document.activeElement;
  const found = document.querySelectorAll("[data-focus]");
  // Each mark counts once: the next fragment must not move the focus back to this one.
  for (const element of found) element.removeAttribute("data-focus");
  // Somebody who is typing is left alone.
  if (found.length && !stay && !focused?.matches("input, select, textarea")) found[0].focus();
}

function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = !navigator.clipboard;
}

// The page's own item of a long menu is in sight.
document.addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".rail nav [aria-current]");
  const menu = here?.closest("nav");
  // Scrolled into view, it would be where the Tab key begins.
  if (menu) menu.scrollTop = here.getBoundingClientRect().bottom - menu.getBoundingClientRect().bottom;
});

// What is open at a desk would push the list of a phone far down.
function foldDeskParts() {
  if (matchMedia("(min-width: 62.5em)").matches) return;
  for (const part of document.querySelectorAll("details[data-desk]")) part.open = false;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(except)) menu.open = false;
}

// A form that comes into the preview is scrolled to there, not the list beside it; then it takes the focus.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target?.id !== "doing") return;
  const around = ctx.target.closest(".preview");
  if (!around) ctx.target.scrollIntoView();
  else around.scrollTop += ctx.target.getBoundingClientRect().top - around.getBoundingClientRect().top;
});

function loadsByItself(swap) {
  return Boolean(swap.sourceElement?.matches("[hx-trigger=load]"));
}

let hadFocus = false;
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  hadFocus = Boolean(ctx.target?.contains?.(document.activeElement));
});

// What could not be counted is not awaited any longer.
for (const event of ["htmx:error", "htmx:response:error"]) {
  document.addEventListener(event, ({ detail: { ctx } }) => {
    if (!ctx || !loadsByItself(ctx)) return;
    for (const cell of document.querySelectorAll("#results td")) if (cell.textContent === "…") cell.textContent = "–";
  });
}

for (const event of ["DOMContentLoaded", "htmx:after:swap"]) {
  document.addEventListener(event, ({ detail }) => {
    closeMenus(null);
    showCopyButtons();
    showPalette();
    showLocateButtons();
    foldDeskParts();
    focusOnNew(isPreview(detail?.ctx));
    followArrivals();
    markPreviewed();
    if (event === "DOMContentLoaded") return;
    followFacet();
    // What had the focus may have been replaced; what a page loads by itself takes no focus.
    if ((loadsByItself(detail.ctx) && !hadFocus) || document.activeElement !== document.body) return;
    document.querySelector("#results")?.focus();
  });
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  navigator.clipboard.writeText(button.dataset.copy);
  const toast = Object.assign(document.createElement("p"), { className: "toast good", textContent: button.dataset.done });
  document.querySelector("#toasts").replaceChildren(toast);
});

// A facet changes the address and the list, but not the form beside them.
function followFacet() {
  const status = document.querySelector("#search [name=status]");
  if (status) status.value = new URLSearchParams(location.search).get("status") ?? "";
}

// Whoever signs out, in any tab, leaves nothing behind in this one.
function hasSignedOut() {
  return Number(localStorage.getItem("signedOutAt")) > performance.timeOrigin;
}

document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/admin/sign-out") return;
  sessionStorage.clear();
  localStorage.setItem("signedOutAt", Date.now());
});

addEventListener("storage", (event) => {
  if (event.key === "signedOutAt") sessionStorage.clear();
});

// Links back to a list keep its filters, also after a form in between.
addEventListener("pagehide", () => {
  if (!document.querySelector("#results") || hasSignedOut()) return;
  const lists = JSON.parse(sessionStorage.getItem("lists") ?? "{}");
  sessionStorage.setItem("lists", JSON.stringify({ ...lists, [location.pathname]: location.search }));
});

document.addEventListener("DOMContentLoaded", () => {
  const lists = JSON.parse(sessionStorage.getItem("lists") ?? "{}");
  for (const link of document.querySelectorAll(".above a")) link.search ||= lists[link.pathname] ?? "";
});

// The search over places and records, in a dialog above any page.
function showPalette() {
  const palette = document.querySelector("#palette");
  if (!palette?.childElementCount || palette.open) return;
  palette.showModal();
  palette.onclose = () => palette.replaceChildren();
}

// The search of a phone opens ready for typing.
addEventListener("hashchange", () => {
  if (location.hash === "#search") document.querySelector("#search input[type=search]")?.focus();
});

// A picture is sent once it is chosen.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]") && event.target.value) event.target.form.requestSubmit();
});

// The picture that was chosen is shown; of the two inputs the last one counts.
document.addEventListener("change", async ({ target }) => {
  if (!target.matches("[data-picture]")) return;
  const chosen = target.form.querySelector(".chosen");
  const [file] = target.files;
  for (const other of target.form.querySelectorAll("[data-picture]")) if (other !== target) other.value = "";
  chosen.hidden = !file;
  if (!file) return;
  chosen.querySelector("span").textContent = file.name;
  chosen.querySelector("button").onclick = () => {
    target.value = "";
    chosen.hidden = true;
    target.focus();
  };
  const canvas = chosen.querySelector("canvas");
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  // What is no picture is refused when it is sent.
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return;
  const scale = Math.max(canvas.width / picture.width, canvas.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
});

// Of choices to tap and a line for another answer, the last one used counts.
document.addEventListener("input", ({ target }) => {
  const quick = target.closest(".quick");
  if (!quick) return;
  const tapped = target.type === "radio";
  for (const other of quick.querySelectorAll(tapped ? ":scope details :is(input:not([type=radio]), select)" : "[type=radio]")) {
    if (tapped) other.value = "";
    else other.checked = false;
  }
});

// Where the writer of a form stands; the button is of no use without this.
function showLocateButtons() {
  for (const button of document.querySelectorAll("[data-locate][hidden]")) button.hidden = !navigator.geolocation;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (!button) return;
  const note = ({ coords }) => {
    button.form.elements.lat.value = coords.latitude.toFixed(5);
    button.form.elements.lon.value = coords.longitude.toFixed(5);
    button.textContent = button.dataset.located;
  };
  navigator.geolocation.getCurrentPosition(note, () => { button.textContent = button.dataset.failed; });
});
