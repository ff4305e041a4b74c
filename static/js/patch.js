// Put fragments into the page around what a person is using.
//
// A fragment is an element with an id, which takes the place of the page's element with that id. Rows of tables come in
// <template data-put="rows-…" data-after="row-…">, leave with <template data-drop="row-…">; a cell comes in a plain
// <template>. An element with data-keep stands for the one the page has.
//
// A field that has the focus, or holds what the server does not have, is never replaced, moved or hidden. Everything
// around it is; and the fragment is held back and put in whole when the field is left.

import { version } from "./field.js";

const CONTROLS = "textarea, select, input:not([type=hidden])";
// Set by scripts of this page, unknown to the server.
const OURS = ["data-filtered", "data-washed", "data-touched", "data-writer", "aria-invalid"];

const held = new Map();
const guards = [];
const listeners = [];

// A guard says whether a control is in use; a listener is told of every element that was put in.
export function guard(isUsed) {
  guards.push(isUsed);
}

export function onPatched(listener) {
  listeners.push(listener);
}

export function apply(html, { own = false } = {}) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  const ops = [...parsed.content.children].map((element) => operation(element, own));
  return run(ops);
}

// Take over what differs from a page as the server draws it now.
export function applyPage(fresh) {
  const main = document.getElementById("main");
  const incoming = fresh.getElementById("main");
  if (!main || !incoming) return [];
  const items = (root) => [...root.querySelectorAll(".item[id], .section[id], .register-page[id]")].map(({ id }) => id).join();
  if (!items(main) || items(main) !== items(incoming)) return run([{ kind: "swap", html: incoming.outerHTML, id: "main" }]);
  const parts = incoming.querySelectorAll(".item[id], .register-page[id], [id^=progress-], #step-progress, #rail");
  return run([...parts].map((part) => ({ kind: "swap", html: part.outerHTML, id: part.id })));
}

// The newest a held fragment brings for a field in use, as the element it would put in its place.
export function heldField(id) {
  for (const op of held.values()) {
    if (op.kind === "drop") continue;
    const fresh = fragment(op.html);
    const place = fresh.id === id ? fresh : inside(fresh, id);
    if (place) return place;
  }
  return null;
}

// Somebody left a field, or what they wrote is stored: put in what had to wait for it.
export function release() {
  if (held.size) run([...held.values()]);
}

function operation(element, own) {
  if (element.localName !== "template") return { kind: "swap", html: element.outerHTML, id: element.id, own };
  if (element.dataset.drop) return { kind: "drop", id: element.dataset.drop };
  const inner = element.content.firstElementChild;
  const html = element.innerHTML;
  if (element.dataset.put) return { kind: "put", html, id: inner.id, into: element.dataset.put, after: element.dataset.after };
  return { kind: "swap", html, id: inner.id, own };
}

function run(ops) {
  if (pressing) {
    waiting.push(() => run(ops));
    return [];
  }
  const touched = [];
  anchored(() => {
    for (const op of ops) {
      const element = { swap, put, drop }[op.kind](op);
      if (element) touched.push(element);
    }
  });
  for (const element of touched) {
    window.htmx?.process(element);
    for (const listener of listeners) listener(element);
  }
  return touched;
}

// ---- a press

// A press is a click only if the button is still there when it is let go: until then nothing is put in. Leaving a field
// by pressing a button beside it is what would put something in.
const AFTER_PRESS = 50; // ms; after a touch the click comes a little later
const LONGEST_PRESS = 2000; // ms; the end of some presses is never told

let pressing = 0;
const waiting = [];

function lift() {
  clearTimeout(pressing);
  pressing = 0;
  for (const work of waiting.splice(0)) work();
}

// Do what rests on what was put in before, in its turn.
export function whenIn(work) {
  if (pressing) waiting.push(work);
  else work();
}

function liftAfter(time) {
  clearTimeout(pressing);
  pressing = setTimeout(lift, time);
}

addEventListener("pointerdown", () => liftAfter(LONGEST_PRESS), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => pressing && liftAfter(AFTER_PRESS), true);

function fragment(html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  return document.importNode(parsed.content, true).firstElementChild;
}

// ---- the three operations

function swap(op) {
  const old = document.getElementById(op.id);
  if (!old) return null;
  const fresh = fragment(op.html);
  const { pairs, waits } = whatStays(old, fresh);
  if (waits) held.set(op.id, op);
  else held.delete(op.id);
  if (pairs === null) return null;
  keepDetailsOpen(old, fresh);
  if (!op.own) keepSaveStates(old, fresh);
  const giveFocus = focusIn(old);
  if (pairs.size) around(old, fresh, pairs);
  else old.replaceWith(fresh);
  const there = pairs.size ? old : fresh;
  giveFocus?.(there);
  return there;
}

function put(op) {
  const body = document.getElementById(op.into);
  if (!body) return null;
  const before = document.getElementById(op.after);
  const old = document.getElementById(op.id);
  const row = old ? (swap(op), document.getElementById(op.id)) : fragment(op.html);
  const anchor = before?.parentElement === body ? before : null;
  if (!anchor) {
    // The page does not have what it should follow: it is not the page the server thinks.
    document.dispatchEvent(new CustomEvent("throughline:lost"));
    if (!old) body.append(row);
  } else if (previousRow(row) !== anchor) {
    move(row, anchor);
  }
  return row;
}

function previousRow(row) {
  let before = row.previousElementSibling;
  while (before && !before.id) before = before.previousElementSibling;
  return before;
}

// Moving an element takes the focus from what is in it, except where the browser can move it as it is.
function move(row, anchor) {
  const body = anchor.parentElement;
  if (row.isConnected && body.moveBefore) body.moveBefore(row, anchor.nextSibling);
  else if (!row.contains(document.activeElement)) anchor.after(row);
}

function drop(op) {
  const old = document.getElementById(op.id);
  held.delete(op.id);
  if (!old) return null;
  if (used(old).length) {
    held.set(op.id, op);
    old.dispatchEvent(new CustomEvent("throughline:held", { bubbles: true, detail: { gone: true } }));
    return null;
  }
  const next = old.contains(document.activeElement) ? (old.nextElementSibling ?? previousRow(old)) : null;
  old.remove();
  next?.querySelector("button, a, textarea, input, select")?.focus({ preventScroll: true });
  return null;
}

// ---- what stays

function used(root) {
  const controls = [...root.querySelectorAll(CONTROLS)];
  if (root.matches(CONTROLS)) controls.push(root);
  return controls.filter((control) => guards.some((isUsed) => isUsed(control, null)));
}

// Pairs of (element of the fragment, element of the page that stays in its place). No pairs at all, null, where what is
// used has no place in the fragment.
function whatStays(old, fresh) {
  const pairs = new Map();
  let waits = false;
  for (const mark of fresh.querySelectorAll("[data-keep][id]")) {
    const there = inside(old, mark.id);
    if (there) pairs.set(mark, there);
  }
  for (const control of [...old.querySelectorAll(CONTROLS)]) {
    const unit = control.closest("[data-field]") ?? control;
    if ([...pairs.values()].some((there) => there.contains(unit))) continue;
    const same = unit.id ? inside(fresh, unit.id) : null;
    if (!guards.some((isUsed) => isUsed(control, same))) continue;
    waits = true;
    const [stays, place] = nearest(unit, old, fresh);
    if (!stays) return { pairs: null, waits };
    for (const [mark, there] of pairs) if (stays.contains(there)) pairs.delete(mark);
    pairs.set(place, stays);
  }
  return { pairs, waits };
}

// The element itself, or the smallest part around it that the fragment has as well.
function nearest(element, old, fresh) {
  for (let part = element; part && part !== old; part = part.parentElement) {
    const place = part.id ? inside(fresh, part.id) : null;
    if (place) return [part, place];
  }
  return [null, null];
}

function inside(root, id) {
  return root.querySelector(`#${CSS.escape(id)}`);
}

// Make *old* like *fresh*, child by child, leaving alone what stays and moving nothing of it.
function around(old, fresh, pairs) {
  attributes(old, fresh, pairs);
  const placeOf = new Map([...pairs].map(([place, stays]) => [stays, place]));
  const mates = new Map();
  for (const child of [...old.childNodes]) {
    const [stays] = [...placeOf].find(([there]) => child.contains(there)) ?? [];
    const mate = stays && [...fresh.childNodes].find((one) => one.contains(placeOf.get(stays)));
    if (mate && !mates.has(mate)) mates.set(mate, child);
    // What a browser's extension put between stays out of the way; it belongs to the field it was put next to.
    else if (!stays) child.remove();
  }
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const stays = mates.get(child);
    if (!stays) {
      old.insertBefore(child, next);
      continue;
    }
    if (stays !== next) {
      if (old.moveBefore) old.moveBefore(stays, next);
      else if (!stays.contains(document.activeElement)) old.insertBefore(stays, next);
    }
    next = stays.nextSibling;
    const isWhole = pairs.has(child) || placeOf.has(stays);
    if (!isWhole && stays.nodeName === child.nodeName) around(stays, child, pairs);
  }
}

function attributes(old, fresh, pairs) {
  for (const { name } of [...old.attributes]) {
    // A field in use is not hidden by closing what is around it.
    const hides = name === "open" && pairs.size;
    if (!fresh.hasAttribute(name) && !OURS.includes(name) && !hides) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// ---- what a person would notice

document.addEventListener("click", ({ target }) => {
  const summary = target.closest?.("summary");
  if (summary) summary.parentElement.setAttribute("data-touched", "");
});

function keepDetailsOpen(old, fresh) {
  const place = (root, one) => {
    const near = one.closest("[id]") ?? root;
    return `${near.id} ${[...near.querySelectorAll("details")].indexOf(one)}`;
  };
  const opened = new Map([...old.querySelectorAll("details[data-touched]")].map((one) => [place(old, one), one.open]));
  for (const one of fresh.querySelectorAll("details")) {
    const open = opened.get(place(fresh, one));
    if (open === undefined) continue;
    one.open = open;
    one.setAttribute("data-touched", "");
  }
}

// Whether something is stored is known to this page alone.
function keepSaveStates(old, fresh) {
  for (const mark of fresh.querySelectorAll("[data-save-state][id]")) {
    const there = inside(old, mark.id);
    if (there) mark.replaceWith(there);
  }
}

// Give the focus to the successor of a link or button that had it.
function focusIn(old) {
  const focused = document.activeElement;
  if (!old.contains(focused)) return null;
  const id = focused.id;
  const like = focused.localName;
  const near = focused.closest("[id]") ?? old;
  const index = [...near.querySelectorAll(like)].indexOf(focused);
  return (fresh) => {
    if (focused.isConnected) return;
    const place = near.id === fresh.id ? fresh : inside(fresh, near.id);
    const successor = (id && (fresh.id === id ? fresh : inside(fresh, id))) || place?.querySelectorAll(like)[index] || fresh;
    successor.focus({ preventScroll: true });
  };
}

// What one is looking at stays where it is on the screen, whatever grew or went above it.
function anchored(work) {
  const top = document.querySelector(".masthead")?.getBoundingClientRect().bottom ?? 0;
  const inView = (element) => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.bottom > Math.max(top, 0) + 4 && box.top < innerHeight;
  };
  const focused = document.activeElement?.closest("main tr[id], main .item[id]");
  const rows = document.querySelectorAll("main .item[id], main .section[id], main tr[id]");
  const anchor = focused && inView(focused) ? focused : [...rows].find((row) => inView(row) && row.getBoundingClientRect().top >= top - 4) ?? [...rows].findLast(inView);
  const before = anchor?.getBoundingClientRect().top;
  work();
  if (!anchor) return;
  const after = document.getElementById(anchor.id)?.getBoundingClientRect().top;
  if (after !== undefined && Math.abs(after - before) >= 1) window.scrollBy({ top: after - before, behavior: "instant" });
}

// For guards: whether a fragment's field is older than what the page has.
export function isOlder(place, base) {
  return Boolean(place) && version(place.dataset.base) < version(base);
}
