// What htmx does not do by itself: move the focus to what is new. Every page works without this file.
"use strict";

function focusOnNew() {
  const focused = document.activeElement;
  const found = document.querySelectorAll("[data-focus]");
  // Each mark counts once: the next fragment must not move the focus back to this one.
  for (const element of found) element.removeAttribute("data-focus");
  // Somebody who is typing is left alone.
  if (found.length && !focused?.matches("input, select, textarea")) found[0].focus();
}

document.addEventListener("DOMContentLoaded", focusOnNew);
document.addEventListener("htmx:after:swap", focusOnNew);
