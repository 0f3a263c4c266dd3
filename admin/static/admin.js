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
    showPalette();
    showLocateButtons();
    focusOnNew();
    followArrivals();
    // What had the focus may have been replaced.
    if (event === "htmx:after:swap" && document.activeElement === document.body) {
      document.querySelector("#results")?.focus();
    }
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

function moveAmong(elements, step) {
  const all = [...elements];
  const next = all[all.indexOf(document.activeElement) + step];
  next?.focus();
  return Boolean(next);
}

// Single keys work where nobody is typing, and can be turned off.
const KEYS = {
  "/": () => {
    const search = document.querySelector("#search input[type=search]");
    if (search) search.focus();
    else document.querySelector(".find")?.click();
  },
  "?": () => location.assign("/admin/help"),
  n: () => document.querySelector("a.create")?.click(),
  j: () => moveAmong(document.querySelectorAll("#results tbody th a"), 1),
  k: () => moveAmong(document.querySelectorAll("#results tbody th a"), -1),
  x: () => document.activeElement.closest("tr")?.querySelector("[name=tip]")?.click(),
};

// What on this page has a key of its own comes before the keys of every page.
function keyed(key) {
  const named = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === key);
  return named.find((one) => one.checkVisibility() || one.closest("details.more"));
}

document.addEventListener("keydown", (event) => {
  const palette = event.target.closest("#palette");
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    if (!palette) document.querySelector(".find")?.click();
  } else if (palette && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    moveAmong(palette.querySelectorAll("input, a"), event.key === "ArrowDown" ? 1 : -1);
  } else if (palette && event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    palette.querySelector("a")?.click();
  } else if (
    (KEYS[event.key] || keyed(event.key)) && !palette && !event.ctrlKey && !event.metaKey && !event.altKey &&
    !event.target.closest("input, select, textarea") && localStorage.getItem("keys") !== "off" &&
    // Whoever has opened a form means to type into it.
    !document.querySelector("#doing form, .htmx-request")
  ) {
    event.preventDefault();
    (keyed(event.key) ?? { click: KEYS[event.key] }).click();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.more[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (location.hash === "#menu") location.hash = "#main";
});

// The switch for single keys, on the page that lists them.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-single-keys]");
  if (!box) return;
  box.closest("[hidden]").hidden = false;
  box.checked = localStorage.getItem("keys") !== "off";
  box.onchange = () => localStorage.setItem("keys", box.checked ? "on" : "off");
});
if (localStorage.getItem("keys") === "off") document.documentElement.dataset.keys = "off";

// The search of a phone opens ready for typing.
addEventListener("hashchange", () => {
  if (location.hash === "#search") document.querySelector("#search input[type=search]")?.focus();
});

// A picture is sent once it is chosen.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]") && event.target.value) event.target.form.requestSubmit();
});

// New tips are told while the inbox is open: by events, else by asking from time to time.
const POLL_MILLISECONDS = 30_000;
const SETTLE_MILLISECONDS = 1_500;
const arrivals = { notice: null, source: null, timer: null };

function stopArrivals() {
  arrivals.source?.close();
  clearInterval(arrivals.timer);
  arrivals.notice = null;
}

function followArrivals() {
  const notice = document.querySelector("[data-arrivals]");
  if (notice === arrivals.notice) return;
  stopArrivals();
  if (!notice) return;
  arrivals.notice = notice;
  const tell = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };
  const ask = async () => {
    const answer = await fetch(notice.dataset.arrivals, { redirect: "manual" }).catch(() => null);
    if (answer?.ok) tell(await answer.text());
    // Signed out: there is nothing to ask for any more.
    else if (answer && answer.status < 500) clearInterval(arrivals.timer);
  };
  const poll = () => {
    arrivals.source.close();
    arrivals.timer = setInterval(ask, POLL_MILLISECONDS);
  };
  // The page itself comes first.
  arrivals.timer = setTimeout(() => {
    const source = (arrivals.source = new EventSource(notice.dataset.arrivals));
    source.addEventListener("message", (event) => tell(event.data));
    source.addEventListener("poll", poll);
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) poll();
    });
  }, SETTLE_MILLISECONDS);
}

addEventListener("pagehide", stopArrivals);
addEventListener("pageshow", followArrivals);

// Where the writer of a form stands; the button is of no use without this.
function showLocateButtons() {
  for (const button of document.querySelectorAll("[data-locate][hidden]")) button.hidden = !navigator.geolocation;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (!button) return;
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    button.form.elements.lat.value = coords.latitude.toFixed(5);
    button.form.elements.lon.value = coords.longitude.toFixed(5);
    button.textContent = button.dataset.located;
  });
});
