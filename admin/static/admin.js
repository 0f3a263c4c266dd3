// What htmx does not do by itself: move the focus to what is new. Every page works without this file.
"use strict";

function focusOn(root) {
  const element = root.querySelector("[data-focus]");
  if (element) element.focus({ preventScroll: false });
}

document.addEventListener("DOMContentLoaded", () => focusOn(document));
document.addEventListener("htmx:after:swap", () => {
  const focused = document.activeElement;
  // Somebody who is typing is left alone.
  if (!focused || focused === document.body || !focused.matches("input, select, textarea")) focusOn(document);
});
