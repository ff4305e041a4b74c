// Requests that bring what was typed to the server, one of a field at a time, and what to do while it does not answer.
//
// Trouble is one for all fields: when one request cannot get through, the others wait with it. When it is over, what
// waited is sent in the order in which it was written, one after the other, and counted.

import { takeIn } from "./answers.js";
import { csrfToken } from "./csrf.js";
import { asForm } from "./field.js";
import { me, uuid } from "./page.js";
import * as patch from "./patch.js";
import { show } from "./savestate.js";
import { signInHere } from "./signin.js";
import { all, element, forget, isDirty, isRefused, isUnkept, keepDraft, wanted } from "./state.js";
import { tellOffline, trouble } from "./trouble.js";
import { counted, say, toast, words } from "./words.js";

const TIMEOUT = 20_000;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
// A browser lets pages that are going away send this much in all.
const KEEPALIVE_BYTES = 60_000;

let keptAlive = 0;

// Send what a field holds until the server has all of it. Resolves when it has, or when it has to wait.
export async function post(state, { settle = false, keepalive = false } = {}) {
  state.wantsSettle ||= settle;
  if (state.sending && !keepalive) return state.sending;
  if (isRefused(state) || (trouble.kind && !keepalive)) return show(state.item);
  const sending = (async () => {
    while (isDirty(state) && !isRefused(state) && (await send(state, keepalive)));
  })();
  state.sending = sending;
  await sending;
  if (state.sending === sending) state.sending = null;
  state.wantsSettle = false;
  show(state.item);
}

// One request; returns whether it got through.
async function send(state, keepalive) {
  state.flight ??= { value: wanted(state), base: state.base, key: state.key ?? uuid(), settle: state.wantsSettle };
  const { flight } = state;
  if (state.key === flight.key) state.key = null;
  state.wantsSettle = false;
  keepDraft(state);
  show(state.item);
  const token = csrfToken();
  let response;
  let html;
  try {
    response = await request(state.url, form(state, flight), keepalive);
    html = await response.text();
  } catch {
    return worry("network");
  }
  if (response.type === "opaqueredirect" || response.status === 401) return worry("session");
  if (response.status === 408 || response.status === 429 || response.status >= 500) return worry("server", response);
  // After signing in again in another window the token is another one.
  if (response.status === 403 && token !== csrfToken()) return true;
  if (state.flight?.key !== flight.key) return true;
  if (response.ok) acknowledge(state, flight, response.headers, html);
  else refuse(state, flight, html);
  return true;
}

function form(state, flight) {
  const body = asForm(flight.value, state.isList);
  body.set("base", flight.base);
  body.set("key", flight.key);
  if (state.part) body.set("part", state.part);
  if (flight.settle) body.set("settle", "1");
  return body;
}

async function request(url, body, keepalive) {
  const headers = { "X-Fragment": "1", "X-CSRFToken": csrfToken(), "X-Person": me };
  const size = keepalive ? body.toString().length : 0;
  const lives = keepalive && keptAlive + size < KEEPALIVE_BYTES;
  if (lives) keptAlive += size;
  try {
    return await fetch(url, { method: "POST", body, headers, redirect: "manual", keepalive: lives, signal: AbortSignal.timeout(TIMEOUT) });
  } finally {
    if (lives) keptAlive -= size;
  }
}

function acknowledge(state, flight, headers, html) {
  const outcome = headers.get("Save-Outcome");
  Object.assign(state, { flight: null, rests: flight.value, base: headers.get("Save-Base") ?? state.base, refused: null, outcome });
  if (flight.settle) state.unsettled = false;
  else if (state.part !== "note" && outcome !== "conflict") state.unsettled = true;
  const field = element(state);
  if (field) field.dataset.base = state.base;
  if (!isDirty(state)) state.since = undefined;
  keepDraft(state);
  takeIn(html, headers.get("Drawn-At"));
  patch.release();
  if (field || isDirty(state)) return;
  // It was written on another page, which is not here to show it.
  if (outcome === "conflict") toast(words("keptBoth"), { label: words("look"), run: () => location.assign(state.page) });
  forget(state);
}

function refuse(state, flight, html) {
  const reason = new DOMParser().parseFromString(html, "text/html").querySelector("[data-refusal]")?.textContent.trim();
  Object.assign(state, { flight: null, refused: flight.value, reason: reason ?? "" });
  keepDraft(state);
  if (!element(state)) toast(`${state.label}: ${words("refused")}. ${state.reason}`);
}

// Call what was written in an item done. When it fails, the next leaving of the item says it again.
export async function settle(url, { keepalive = false } = {}) {
  if (trouble.kind) return false;
  try {
    const response = await request(url.replace(/^(.*\/items\/[^/]+\/).*$/, "$1settle/"), new URLSearchParams(), keepalive);
    if (response.ok) takeIn(await response.text(), response.headers.get("Drawn-At"));
    return response.ok;
  } catch {
    return false;
  }
}

// ---- trouble

function worry(kind, response) {
  clearTimeout(trouble.timer);
  const isNew = trouble.kind !== kind;
  trouble.kind = kind;
  const asked = Number(response?.headers.get("Retry-After")) * 1000;
  const wait = asked || Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** trouble.tries) * (0.5 + Math.random());
  trouble.tries += 1;
  if (kind === "session") signInHere().then((isBack) => isBack && tryAgain());
  else trouble.timer = setTimeout(tryAgain, wait);
  if (isNew && kind !== "session") {
    say(words(all().some(isUnkept) ? "unkeptSaid" : "keptSaid"), true);
    if (kind === "network") tellOffline();
  }
  for (const state of all()) show(state.item);
  return false;
}

// The network is back, somebody signed in again, or it is time to try.
export async function tryAgain() {
  if (!trouble.kind) return;
  clearTimeout(trouble.timer);
  const { kind } = trouble;
  const waiting = all().filter((state) => isDirty(state) && !isRefused(state));
  waiting.sort((one, other) => (one.since ?? 0) - (other.since ?? 0));
  let sent = 0;
  for (const state of waiting) {
    trouble.kind = "";
    await post(state);
    if (trouble.kind) return;
    if (!isDirty(state)) sent += 1;
    trouble.kind = kind;
  }
  Object.assign(trouble, { kind: "", tries: 0, told: false });
  if (sent) toast(counted("sent", sent));
  for (const state of all()) if (isDirty(state)) post(state);
  document.dispatchEvent(new CustomEvent("throughline:recovered"));
}

addEventListener("online", tryAgain);
document.addEventListener("throughline:connected", tryAgain);
