// One stream of events per page, opened again from where it stopped.
//
// Our own EventSource and not the extension of htmx: that one puts a message into one element without asking who types
// there, opens the same address again after an error, and cannot be given up while the page is in the background.

import { hear, me, tab, tell } from "./page.js";

const HIDES = 5000; // ms in the background after which the page gives its stream up
const SILENCE = 40_000; // ms without so much as a heartbeat after which a stream is dead
const LONGEST_WAIT = 30_000;
// Over HTTP/1.1 a browser opens six connections to one place, streams of all its windows included.
const STREAMS = 4;
const FORGOTTEN = 45_000;

const address = document.body.dataset.stream ?? "";
const handlers = new Map();
let after = document.body.dataset.event ?? "";
let source = null;
let timer = 0;
let watch = 0;
let hiding = 0;
let tries = 0;
let reopened = 0;
let isOver = false;
let lastUsed = Date.now();

export function on(name, handler) {
  handlers.set(name, handler);
}

function emit(name, detail) {
  handlers.get(name)?.(detail);
}

function seen(number) {
  if (number !== "" && Number(number) > Number(after || 0)) after = String(number);
}

// The number of the newest event that is on the page.
let shown = Number(after || 0);

export function goOnFrom(number) {
  after = number;
  shown = Math.max(shown, Number(number));
}

export function isBeyond(number) {
  return Boolean(number) && shown > Number(number);
}

export function start() {
  if (!address) return;
  tell({ type: "streams?", person: me });
  if (!document.hidden) open();
}

function open() {
  if (source || isOver) return;
  clearTimeout(timer);
  const url = new URL(address, location);
  url.searchParams.set("page", document.body.dataset.page ?? "");
  url.searchParams.set("person", me);
  if (after !== "") url.searchParams.set("after", after);
  source = new EventSource(url);
  source.onopen = () => {
    tries = 0;
    holds();
    emit("open");
    document.dispatchEvent(new CustomEvent("throughline:connected"));
  };
  source.onerror = failed;
  for (const name of ["fragments", "resync", "presence", "beat", "bye", "revoked"]) {
    source.addEventListener(name, (event) => {
      alive();
      const number = event.lastEventId;
      const data = event.data ? JSON.parse(event.data) : null;
      if (name === "bye") return comeBack(data.wait * 1000);
      if (name === "revoked") return askWhy();
      emit(name, { data, number });
      if (name === "fragments") shown = Math.max(shown, Number(number));
      if (name !== "resync") seen(number);
    });
  }
  alive();
}

export function close() {
  clearTimeout(timer);
  clearTimeout(watch);
  if (!source) return;
  source.close();
  source = null;
  tell({ type: "no-stream", person: me });
}

function alive() {
  clearTimeout(watch);
  watch = setTimeout(() => comeBack(0), SILENCE);
}

function comeBack(wait) {
  close();
  if (!document.hidden) timer = setTimeout(open, wait);
}

function failed() {
  const wasRefused = source.readyState === EventSource.CLOSED;
  close();
  if (wasRefused) return askWhy();
  emit("away");
  retry();
}

function retry(asked = 0) {
  const wait = asked || Math.min(LONGEST_WAIT, 500 * 2 ** tries) * (0.5 + Math.random());
  tries += 1;
  comeBack(wait);
}

// An event source does not say why it was refused; the same address does.
async function askWhy() {
  close();
  let response;
  try {
    response = await fetch(new URL(address, location), { method: "HEAD", headers: { "X-Person": me } });
  } catch {
    emit("away");
    return retry();
  }
  const { status } = response;
  if (status === 401) emit("signed-out");
  else if (status === 403 || status === 404) {
    isOver = true;
    emit("over");
  } else if (response.ok && reopened < 2) {
    // Signing in again elsewhere gave this browser another session.
    reopened += 1;
    setTimeout(() => (reopened -= 1), 60_000);
    comeBack(0);
  } else retry(Number(response.headers.get("Retry-After")) * 1000);
}

document.addEventListener("throughline:connected", () => !document.hidden && open());
addEventListener("online", () => !document.hidden && (close(), open()));

// ---- in the background

document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(close, HIDES);
  else used();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && used());

// ---- sharing with other windows: who was not used for longest gives up first

const holders = new Map();

function used() {
  lastUsed = Date.now();
  if (!document.hidden) open();
}

for (const name of ["focus", "pointerdown", "keydown"]) addEventListener(name, used, { capture: true, passive: true });

function holds() {
  if (source) tell({ type: "stream", person: me, used: lastUsed });
}
setInterval(holds, FORGOTTEN / 2);

hear((message) => {
  if (message.person !== me) return;
  if (message.type === "streams?") holds();
  if (message.type === "no-stream") {
    holders.delete(message.from);
    if (!source && !document.hidden && address) timer = setTimeout(() => others() < STREAMS && open(), Math.random() * 800);
  }
  if (message.type !== "stream") return;
  holders.set(message.from, { used: message.used, at: Date.now() });
  if (source && others() >= STREAMS && [...holders.values()].every((other) => other.used >= lastUsed)) close();
});

function others() {
  for (const [from, { at }] of holders) if (Date.now() - at > FORGOTTEN) holders.delete(from);
  holders.delete(tab);
  return holders.size;
}
