// Fields that save themselves: what the browser tells about typing, leaving and going away.

import { takeIn } from "./answers.js";
import * as drafts from "./drafts.js";
import { FIELD, fieldOf, hasFocus, isText, itemOf } from "./field.js";
import { me } from "./page.js";
import * as patch from "./patch.js";
import { resumeDrafts } from "./resume.js";
import { changed, leave, leaveAll, save, saveAll, start } from "./saving.js";
import { signInHere } from "./signin.js";
import { all, isDirty, isRefused, isUnkept, ofItem, stateOf } from "./state.js";
import { counted, words } from "./words.js";
import "./grid.js";
import "./consequences.js";
import "./edits.js";
import "./filters.js";
import "./personal.js";
import "./talk.js";

start(document);
patch.onPatched(start);
resumeDrafts();

// ---- typing and leaving

document.addEventListener("input", ({ target }) => {
  const field = fieldOf(target);
  if (field) changed(field);
});

document.addEventListener("change", ({ target }) => {
  const field = fieldOf(target);
  if (field) changed(field, { complete: true });
});

document.addEventListener("focusout", ({ target }) => {
  const field = fieldOf(target);
  const item = itemOf(target);
  // Where the focus goes is known only afterwards.
  setTimeout(() => {
    if (field?.isConnected && !hasFocus(field)) save(stateOf(field));
    if (item && !document.getElementById(item.id)?.contains(document.activeElement)) leave(item.id);
    patch.release();
  });
});

document.addEventListener("keydown", (event) => {
  const field = fieldOf(event.target);
  if (!field || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    goToNext(itemOf(field));
  } else if (event.key === "Escape") {
    const item = itemOf(field);
    event.target.blur();
    if (item?.matches("[tabindex]")) item.focus({ preventScroll: true });
  }
});

function goToNext(item) {
  if (!item) return;
  const items = [...document.querySelectorAll("main .item[id]:not([hidden], [data-filtered])")];
  const next = items[items.indexOf(item) + 1];
  document.activeElement.blur();
  leave(item.id);
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  const opener = next.querySelector("details.edit[data-needs~=answer]:not([open]) > summary");
  const field = [...next.querySelectorAll(FIELD)].find((one) => one.offsetParent);
  if (field) (field.matches("fieldset") ? (field.querySelector(":checked") ?? field.querySelector("input")) : field)?.focus();
  else opener?.focus();
}

// A field saves itself; its form is for browsers without scripts.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector(FIELD);
  if (!field) return;
  event.preventDefault();
  save(stateOf(field));
});

// A writing person who opens the editor wants to write.
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("details.edit[open][data-touched]")) return;
  const field = target.querySelector(FIELD);
  if (field && isText(field)) field.focus({ preventScroll: true });
}, true);

document.addEventListener("visibilitychange", () => document.hidden && saveAll());
addEventListener("pagehide", leaveAll);
// Where the browser has no room to keep it, the page is the only place where it is.
addEventListener("beforeunload", (event) => all().some(isUnkept) && event.preventDefault());
document.addEventListener("throughline:recovered", () => {
  for (const item of new Set(all().filter((state) => state.unsettled).map((state) => state.item))) {
    if (!document.getElementById(item)?.contains(document.activeElement)) leave(item);
  }
});

// ---- requests of htmx

document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["X-Fragment"] = "1";
  detail.headers["X-Person"] = me;
});

// What is typed in an item is saved before anything else is done to it: a row is not deleted under a save.
document.addEventListener("htmx:confirm", (event) => {
  const item = itemOf(event.detail.elt);
  const dirty = item ? ofItem(item.id).filter((state) => isDirty(state) && !isRefused(state)) : [];
  if (event.detail.verb === "get" || !dirty.length) return;
  event.preventDefault();
  Promise.all(dirty.map((state) => save(state))).then(() => event.detail.issueRequest(true));
});

// An item that comes as an answer is put in like one that comes by the stream: around what is in use.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!detail.shouldSwap || !/^item-/.test(detail.target.id)) return;
  detail.shouldSwap = false;
  // What went wrong is said in the answer, however old it is.
  takeIn(detail.serverResponse, detail.xhr.status === 200 && detail.xhr.getResponseHeader("Drawn-At"));
  const answered = { element: detail.requestConfig.elt, html: detail.serverResponse };
  patch.whenIn(() => document.dispatchEvent(new CustomEvent("throughline:answered", { detail: answered })));
});

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status === 401) signInHere();
});

// ---- signing out leaves nothing behind in this browser

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-signs-out]")) return;
  event.preventDefault();
  const dirty = all().filter(isDirty);
  const soon = new Promise((resolve) => setTimeout(resolve, 3000));
  await Promise.race([Promise.all(dirty.map((state) => save(state))), soon]);
  const unsent = all().filter(isDirty).length;
  if (unsent && !confirm(`${counted("unsent", unsent)} ${words("signOutAnyway")}`)) return;
  await drafts.eraseMine();
  form.submit();
});
