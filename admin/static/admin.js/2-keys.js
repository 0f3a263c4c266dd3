function moveAmong(elements, step) {
  const all = [...elements];
  const focused = all.indexOf(document.activeElement);
  const from = focused < 0 ? all.findIndex((one) => one.matches("[aria-current]")) : focused;
  const next = all[from + step];
  next?.focus();
  return next;
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
  j: () => showPreview(moveAmong(document.querySelectorAll("#results tbody th a"), 1)),
  k: () => showPreview(moveAmong(document.querySelectorAll("#results tbody th a"), -1)),
  x: () => document.activeElement.closest("tr")?.querySelector("[name=tip]")?.click(),
};

// What on this page has a key of its own comes before the keys of every page.
function keyed(key) {
  const named = [...document.querySelectorAll("[data-key]")].filter((one) => one.dataset.key === key);
  return named.find((one) => !one.closest("[inert]") && (one.checkVisibility() || one.closest("details.more")));
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
    !document.querySelector("#doing form, .htmx-request:not(#record)")
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
