// Who is on this page, and who writes in which field. The page says so of its own person while it is in view.

import { csrfToken } from "./csrf.js";
import { fieldOf, itemOf, keyOf } from "./field.js";
import { engagement, me, tab } from "./page.js";
import * as patch from "./patch.js";
import { icon, words } from "./words.js";

const BEAT = 15_000;
const HIDES = 5000;
const IDLE = 60_000;
const SOON = 250; // ms; the focus passes over several fields on its way

// A page over several engagements has a stream and nobody else on it.
const address = engagement ? (document.body.dataset.stream ?? "").replace(/stream\/.*$/, "presence/") : "";
const faces = document.getElementById("presence");
let timer = 0;
let hiding = 0;
let lastKey = Date.now();
let isGone = true;
let writing = [];

// ---- saying

function about() {
  const field = fieldOf(document.activeElement);
  const item = itemOf(field);
  const body = new URLSearchParams({ tab, page: document.body.dataset.page ?? "" });
  if (item) {
    body.set("item", keyOf(item));
    body.set("field", field.id);
    if (field.dataset.part) body.set("part", field.dataset.part);
  }
  if (Date.now() - lastKey > IDLE) body.set("idle", "1");
  return body;
}

function post(body, keepalive = false) {
  const headers = { "X-Fragment": "1", "X-CSRFToken": csrfToken(), "X-Person": me };
  fetch(address, { method: "POST", body, headers, redirect: "manual", keepalive }).catch(() => {});
}

function beat() {
  clearTimeout(timer);
  if (!address || document.hidden) return;
  isGone = false;
  post(about());
  timer = setTimeout(beat, BEAT);
}

function leave() {
  clearTimeout(timer);
  if (isGone || !address) return;
  isGone = true;
  post(new URLSearchParams({ tab, gone: "1" }), true);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(beat, SOON);
}

export function start() {
  if (!address) return;
  beat();
  document.addEventListener("focusin", ({ target }) => fieldOf(target) && soon());
  document.addEventListener("focusout", ({ target }) => fieldOf(target) && soon());
  document.addEventListener("input", () => {
    const wasIdle = Date.now() - lastKey > IDLE;
    lastKey = Date.now();
    if (wasIdle) soon();
  });
  addEventListener("pointermove", () => (lastKey = Date.now()), { passive: true });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(leave, HIDES);
    else beat();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", ({ persisted }) => persisted && beat());
}

// ---- showing

export function show({ here, writing: now }) {
  const others = here.filter(({ person }) => String(person) !== me);
  writing = now.filter(({ person }) => String(person) !== me);
  if (faces) {
    faces.replaceChildren(...others.map(face));
    faces.setAttribute("aria-label", others.length ? words("here", { names: others.map(({ name }) => name).join(", ") }) : words("nobodyHere"));
  }
  mark();
}

function face(person) {
  const item = document.createElement("li");
  const drawn = document.createElement("span");
  const isWriting = writing.some((one) => one.person === person.person);
  drawn.className = `face ${person.firm ? "face-firm" : "face-client"}${isWriting ? " face-live" : ""}${person.idle ? " face-idle" : ""}`;
  drawn.textContent = person.initials;
  drawn.title = person.idle ? words("idle", person) : person.name;
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", drawn.title);
  item.append(drawn);
  return item;
}

// At the field: a named mark in a cell, a line above the foot of an item.
function mark() {
  for (const old of document.querySelectorAll("[data-presence-mark]")) old.remove();
  for (const old of document.querySelectorAll("[data-writer]")) old.removeAttribute("data-writer");
  const byItem = new Map();
  for (const one of writing) {
    const cell = document.getElementById(one.field)?.closest("td.cell");
    if (cell) cell.dataset.writer = [cell.dataset.writer, one.first].filter(Boolean).join(", ");
    else byItem.set(one.item, [...(byItem.get(one.item) ?? []), one.first]);
  }
  for (const [item, names] of byItem) {
    const foot = document.getElementById(`item-${item}`)?.querySelector(".item-foot");
    if (!foot) continue;
    const line = document.createElement("p");
    line.className = "meta";
    line.dataset.presenceMark = "";
    const state = document.createElement("span");
    state.className = "state state-you";
    state.append(icon("pen"), words(names.length === 1 ? "writing" : "writingMany", { names: [...new Set(names)].join(", ") }));
    const note = document.createElement("span");
    note.className = "quiet";
    note.textContent = words("writeToo");
    line.append(state, note);
    foot.before(line);
  }
}

patch.onPatched(() => writing.length && mark());
