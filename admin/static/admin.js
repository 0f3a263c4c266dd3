// What htmx does not do by itself. Every page works without this file.
"use strict";

function focusOnNew() {
  const focused = document.activeElement;
  const found = document.querySelectorAll("[data-focus]");
  // Each mark counts once: the next fragment must not move the focus back to this one.
  for (const element of found) element.removeAttribute("data-focus");
  // Somebody who is typing is left alone.
  if (found.length && !focused?.matches("input, select, textarea")) found[0].focus();
}

function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = !navigator.clipboard;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(except)) menu.open = false;
}

for (const event of ["DOMContentLoaded", "htmx:after:swap"]) {
  document.addEventListener(event, () => {
    closeMenus(null);
    showCopyButtons();
    focusOnNew();
  });
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard.writeText(button.dataset.copy);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.more[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (location.hash === "#menu") location.hash = "#main";
});

// The search of a phone opens ready for typing.
addEventListener("hashchange", () => {
  if (location.hash === "#search") document.querySelector("#search input[type=search]")?.focus();
});

// Whoever leaves a changed form is asked first.
let changed = null;
document.addEventListener("input", (event) => {
  changed = event.target.closest("form.panel") ?? changed;
});
document.addEventListener("submit", () => {
  changed = null;
});
addEventListener("beforeunload", (event) => {
  if (changed?.isConnected) event.preventDefault();
});
