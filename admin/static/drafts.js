// Forms that are not lost: a warning before one leaves, drafts in this tab, and what is said while offline.
"use strict";

for (const event of ["DOMContentLoaded", "htmx:after:swap"]) document.addEventListener(event, settleDrafts);

// Whoever leaves a changed form is asked first.
let changed = null;
addEventListener("beforeunload", (event) => {
  if (changed?.isConnected) event.preventDefault();
});

// Drafts: what is written into a form stays in the storage of this tab until it was sent, for a day at most.
// Nothing that is sealed, secret or a file is in it; signing out erases it (admin.js).
const DAY = 24 * 60 * 60 * 1000;
const person = document.documentElement.dataset.person;

function readDrafts() {
  const all = Object.entries(JSON.parse(sessionStorage.getItem("drafts") ?? "{}"));
  const earliest = Math.max(Date.now() - DAY, Number(localStorage.getItem("signedOutAt")));
  const valid = ([, draft]) => draft.at > earliest && (!person || draft.person === person);
  return Object.fromEntries(all.filter(valid));
}

function writeDrafts(drafts) {
  sessionStorage.setItem("drafts", JSON.stringify(drafts));
}

function dropDraft(action) {
  const { [action]: _gone, ...others } = readDrafts();
  writeDrafts(others);
}

// Whether two addresses are of one form: the server writes its query anew, without what is empty.
function isSameForm(one, other) {
  const [mine, theirs] = [one, other].map((address) => {
    const { pathname, searchParams } = new URL(address, location.href);
    return JSON.stringify([pathname, [...searchParams].filter(([, value]) => value)]);
  });
  return mine === theirs;
}

// What was kept in a page and goes from there is the draft of its form; without a session its owner is not known.
function markSent({ action }) {
  const drafts = readDrafts();
  for (const [own, draft] of Object.entries(drafts)) if (isSameForm(own, action)) draft.sent = true;
  writeDrafts(drafts);
}

function draftInputs(form) {
  const left = ["csrf", "idempotency_key"];
  return [...form.elements].filter(
    (input) =>
      input.name &&
      !left.includes(input.name) &&
      !["password", "file", "submit"].includes(input.type) &&
      !input.closest("[data-sealed]"),
  );
}

function isPicked(input) {
  return !["checkbox", "radio"].includes(input.type) || input.checked;
}

// What was searched for may be a name.
function withoutSearch(address) {
  const url = new URL(address, location.href);
  url.searchParams.delete("q");
  return url.href;
}

function isFilled(input) {
  if (["checkbox", "radio"].includes(input.type)) return input.checked !== input.defaultChecked;
  if (input.matches("select")) return [...input.options].some((option) => option.selected !== option.defaultSelected);
  return input.value !== input.defaultValue;
}

function saveDraft(form, sent) {
  if (!person || !form.matches("[data-draft]") || hasSignedOut()) return;
  const action = form.getAttribute("action");
  const drafts = readDrafts();
  // What was written before goes with the form, also where nothing of this one is kept.
  if (sent && drafts[action]) writeDrafts({ ...drafts, [action]: { ...drafts[action], sent } });
  // What is chosen between two versions is only right on that page.
  if (form.elements.conflict || !draftInputs(form).some(isFilled)) return;
  const values = {};
  for (const input of draftInputs(form).filter(isPicked)) (values[input.name] ??= []).push(input.value);
  if (!Object.keys(values).length) return;
  const title = (form.closest("#record") ?? document.querySelector("main")).querySelector("h1, h2").innerText;
  const page = drafts[action]?.page ?? withoutSearch(form.closest("#doing") ? action : location.href);
  writeDrafts({ ...drafts, [action]: { at: Date.now(), person, page, title, values, sent } });
}

// A match that was chosen stands in for what was searched, unless the page knows that name too.
function chosenMatch(form, name, values) {
  const [text] = values[name];
  const asked = `${name}_asked`;
  if (values[asked]?.[0] === text && form.elements[asked]?.value !== text) return values[`${name}_choice`]?.[0];
}

function restoreDraft(form, { values }) {
  for (const input of draftInputs(form)) {
    const own = values[input.name] ?? [];
    if (["checkbox", "radio"].includes(input.type)) input.checked = own.includes(input.value);
    else if (own.length) input.value = chosenMatch(form, input.name, values) || own[0];
    if (own.some(Boolean)) input.closest("details")?.setAttribute("open", "");
  }
  changed = form;
}

function formOf(action) {
  return [...document.querySelectorAll("form[data-draft]")].find((form) => form.getAttribute("action") === action);
}

// Forgets what has been sent, and offers what has not.
function settleDrafts() {
  const drafts = readDrafts();
  const refused = !person || document.querySelector("[data-refused], #toasts .bad");
  let offered = null;
  for (const [action, draft] of Object.entries(drafts)) {
    const came = draft.sent && formOf(action);
    if (draft.sent && !refused && !came) delete drafts[action];
    else if (!came && !(changed && formOf(action) === changed) && draft.at > (offered?.at ?? 0)) offered = { action, ...draft };
    delete draft.sent;
  }
  writeDrafts(drafts);
  // Those pages hold what was entered.
  showDraft(document.querySelector("[data-refused=kept]") ? null : offered);
}

function showDraft(draft) {
  const notice = document.querySelector("#draft");
  notice.hidden = !draft;
  if (!draft) return;
  const link = notice.querySelector("a");
  if (link) Object.assign(link, { href: draft.page, textContent: draft.title });
  notice.querySelector("time").textContent = clockTime(draft.at);
  const form = formOf(draft.action);
  const restore = notice.querySelector("[data-restore]");
  restore.hidden = !form;
  restore.onclick = () => {
    restoreDraft(form, draft);
    showDraft(null);
    const inputs = [...form.querySelectorAll("input:not([type=hidden]), textarea, select")];
    inputs.find((input) => input.checkVisibility())?.focus();
  };
  notice.querySelector("[data-discard]").onclick = () => {
    dropDraft(draft.action);
    showDraft(null);
  };
}

function clockTime(at) {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form.panel");
  if (!form) return;
  changed = form;
  saveDraft(form, false);
});

// Whoever cancels a form wants no draft of it.
document.addEventListener("click", (event) => {
  const form = event.target.closest("form[data-draft] .buttons a")?.closest("form");
  if (form) dropDraft(form.getAttribute("action"));
});

// Offline is said, and a form that is sent meanwhile goes when the connection is back.
let waiting = null;
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    saveDraft(form, navigator.onLine);
    if (navigator.onLine && form.closest("[data-refused=kept]")) markSent(form);
    if (navigator.onLine || !form.matches("[data-draft]")) {
      changed = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = { form, submitter: event.submitter };
    document.querySelector("#offline [data-waiting]").hidden = false;
  },
  true,
);

addEventListener("offline", () => {
  const notice = document.querySelector("#offline");
  notice.querySelector("time").textContent = clockTime(Date.now());
  notice.hidden = false;
});

addEventListener("online", () => {
  document.querySelector("#offline").hidden = true;
  const sent = waiting;
  waiting = null;
  if (sent?.form.isConnected) sent.form.requestSubmit(sent.submitter);
});
