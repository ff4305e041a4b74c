// What every page does in the browser: theme, menus, drawer, dialogs, toasts, and how requests of htmx are sent and
// refused. Pages work without it. Other scripts speak to it with events on the document:
//   throughline:toast { text, action?: { label, run } }   throughline:say { text, urgent? }

import { csrfToken } from "./csrf.js";
import { me, tell } from "./page.js";

const floating = document.getElementById("toasts");
const drawer = document.getElementById("drawer");
const words = floating?.dataset ?? {};

// Another window may wait for this person to sign in again.
if (me) tell({ type: "signed-in", person: me });

// ---- speaking

// A screen reader hears a sentence only when the text changes, and at most one in five seconds (the rest is bundled).
let waiting = [];
let quietUntil = 0;

function say(text, urgent = false) {
  if (urgent) {
    document.getElementById("assertive").textContent = text;
    return;
  }
  waiting.push(text);
  const pause = quietUntil - Date.now();
  if (waiting.length === 1) setTimeout(speak, Math.max(0, pause));
}

function speak() {
  document.getElementById("polite").textContent = waiting.join(" ");
  waiting = [];
  quietUntil = Date.now() + 5000;
}

function toast(text, action) {
  if (!floating || [...floating.children].some((shown) => shown.dataset.text === text)) return;
  const strip = document.createElement("div");
  strip.className = "toast";
  strip.dataset.text = text;
  const message = document.createElement("span");
  message.textContent = text;
  strip.append(message);
  if (action) strip.append(button(action.label, () => (action.run(), strip.remove())));
  strip.append(button(words.close, () => strip.remove()));
  floating.append(strip);
  // Long enough to be read twice; whoever points at it or tabs into it keeps it.
  const leave = () => (strip.matches(":hover, :focus-within") ? setTimeout(leave, 4000) : strip.remove());
  setTimeout(leave, 6000 + 60 * text.length);
}

function button(label, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}

document.addEventListener("throughline:toast", ({ detail }) => {
  toast(detail.text, detail.action);
  say(detail.text);
});
document.addEventListener("throughline:say", ({ detail }) => say(detail.text, detail.urgent));

// ---- requests of htmx

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrfToken();
});

function refused(text) {
  toast(text);
  say(text, true);
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  // A refusal that comes with words of its own says more than we could.
  const answer = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
  const reason = answer.querySelector("[data-refusal]")?.textContent.trim();
  refused(reason || (detail.xhr.status >= 500 ? words.failed : words.refused));
});
document.addEventListener("htmx:sendError", () => refused(navigator.onLine ? words.failed : words.offline));
document.addEventListener("htmx:timeout", () => refused(words.failed));

// ---- drawer and dialogs

// A link with data-drawer, or anything with hx-target="#drawer", fills the drawer. The browser keeps focus inside and gives it back on
// closing; when an update has replaced what opened it, the successor of the nearest element with an id gets it.
let opener = null;
let openerId = "";

// A link that is marked for it opens in the drawer; with Ctrl and the like it opens where the browser would.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-drawer]:not([hx-get])") : null;
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.getAttribute("href"), { source: link, target: drawer, swap: "innerHTML" });
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target !== drawer || drawer.open) return;
  opener = detail.elt;
  openerId = opener.closest("[id]")?.id ?? "";
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== drawer || !drawer.childElementCount) return;
  const title = drawer.querySelector("h2[id]");
  if (title) drawer.setAttribute("aria-labelledby", title.id);
  let close = drawer.querySelector(".drawer-head [data-closes]");
  if (!close) {
    close = document.getElementById("drawer-close").content.firstElementChild.cloneNode(true);
    (drawer.querySelector(".drawer-head") ?? drawer).append(close);
  }
  if (!drawer.open) drawer.showModal();
  // To the first thing to fill in; where there is only something to read, to the way out.
  const field = drawer.querySelector("[autofocus], .drawer-body :is(input:not([type=hidden]), select, textarea)");
  (field ?? close).focus();
});
drawer?.addEventListener("close", () => {
  drawer.replaceChildren();
  drawer.removeAttribute("aria-labelledby");
  if (opener && !opener.isConnected) document.getElementById(openerId)?.focus();
  opener = null;
});
// A form in the drawer that did what it was for closes it.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  // A 409 or 422 is an answer too, but not yet the end of it.
  const done = detail.successful && detail.xhr.status < 300;
  if (done && detail.elt.matches?.("[data-closes-drawer]")) drawer.close();
});

// A click on what lies behind closes a dialog; the press must have begun there, or marking text would close it.
let pressed = null;
document.addEventListener("pointerdown", ({ target }) => (pressed = target));

document.addEventListener("click", (event) => {
  const { target } = event;
  if (target instanceof HTMLDialogElement && pressed === target && target.open) {
    const box = target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) target.close();
  }
  if (!(target instanceof Element)) return;
  const opens = target.closest("[data-opens]");
  if (opens) {
    opens.closest("details.menu")?.removeAttribute("open");
    document.getElementById(opens.dataset.opens)?.showModal();
  }
  const open = target.closest("[data-closes]")?.closest("dialog[open]");
  if (open) {
    // As a link it leads back to the page; in the dialog the page is right behind.
    event.preventDefault();
    open.close();
  }
  const copies = target.closest("[data-copy]");
  if (copies) copy(copies);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]") ?? document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("focusin", ({ target }) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

// data-copy="#id" copies the text or value of that element, data-copy="" that of the control's own data-text.
async function copy(control) {
  const from = control.dataset.copy ? document.querySelector(control.dataset.copy) : null;
  const text = from ? (from.value ?? from.innerText) : (control.dataset.text ?? "");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No permission, or plain http: mark the text, so that the person's own keys copy it.
    from?.select?.();
    return;
  }
  toast(words.copied);
  say(words.copied);
}

// ---- theme

const html = document.documentElement;
const written = html.dataset.theme ?? "";

function chosen() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

function showTheme() {
  const now = chosen() ?? (written || "device");
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.setAttribute("aria-pressed", String((choice.dataset.themeChoice || "device") === now));
  }
}

document.addEventListener("click", ({ target }) => {
  const choice = target.closest?.("[data-theme-choice]");
  if (!choice) return;
  const theme = choice.dataset.themeChoice;
  if (theme) html.dataset.theme = theme;
  else delete html.dataset.theme;
  try {
    localStorage.setItem("theme", theme || "device");
  } catch {
    // It holds for this page.
  }
  showTheme();
});
// Saving the preference, or signing out, ends what only this browser knew.
document.addEventListener("submit", ({ target }) => {
  if (!target.matches("[data-signs-out]") && !target.querySelector("[name=theme]")) return;
  try {
    localStorage.removeItem("theme");
  } catch {
    // Nothing was stored.
  }
});

// ---- small things

// What only works with this script is shown by it.
for (const element of document.querySelectorAll("[data-theme-switch], [data-opens][hidden]")) element.hidden = false;
showTheme();

// Passwords fail over caps lock more often than over memory.
document.addEventListener("keyup", (event) => {
  const warning = event.target.closest?.(".field")?.querySelector("[data-caps]");
  if (warning && event.getModifierState) warning.hidden = !event.getModifierState("CapsLock");
});

// Browsers without field-sizing: a text area grows with its text.
if (!CSS.supports("field-sizing", "content")) {
  const fit = (area) => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  document.addEventListener("input", ({ target }) => target.matches?.("textarea") && fit(target));
  document.querySelectorAll("textarea[data-autosize]").forEach(fit);
  document.addEventListener("htmx:load", ({ detail }) => detail.elt.querySelectorAll?.("textarea[data-autosize]").forEach(fit));
}

// On a phone the sections of an engagement scroll sideways: bring the one we are in into view.
document.querySelector(".folio [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
