// Hear what others change, and show it without being in the way.

import { me } from "./page.js";
import * as incoming from "./incoming.js";
import * as patch from "./patch.js";
import * as presence from "./presence.js";
import { signInHere } from "./signin.js";
import * as stream from "./stream.js";
import { tellOffline, trouble } from "./trouble.js";
import { say, toast, words } from "./words.js";

const REST = 3000; // ms between two fetches of the page
const SPREAD = 1500; // ms over which many pages that were asked at once fetch themselves

let fetching = 0;
let lastFetch = 0;
let again = 0;

stream.on("fragments", ({ data }) => {
  patch.apply(data.html);
  patch.whenIn(() => incoming.show(data.deeds));
});

stream.on("resync", () => {
  if (fetching) return;
  const wait = Math.max(0, lastFetch + REST - Date.now()) + Math.random() * SPREAD * (lastFetch ? 1 : 0.2);
  fetching = setTimeout(fetchPage, wait);
});

stream.on("presence", ({ data }) => presence.show(data));

let away = 0;
stream.on("away", () => {
  away += 1;
  if (!navigator.onLine || away > 1) tellOffline();
});

stream.on("open", () => {
  if (trouble.told && !trouble.kind) {
    trouble.told = false;
    toast(words("back"));
  }
  away = 0;
});

stream.on("signed-out", () => signInHere().then((isBack) => isBack && document.dispatchEvent(new CustomEvent("throughline:connected"))));

stream.on("over", () => {
  document.body.dataset.may = "";
  toast(words("over"));
  say(words("over"), true);
});

// The page as it is now, taken over part by part like any fragment.
async function fetchPage() {
  fetching = 0;
  lastFetch = Date.now();
  let page;
  try {
    const response = await fetch(location.href, { headers: { "X-Person": me } });
    if (!response.ok || response.redirected) return;
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    fetching = setTimeout(fetchPage, REST);
    return;
  }
  if (page.body.dataset.me !== me) return;
  const number = page.body.dataset.event;
  if (stream.isBeyond(number) && again < 3) {
    // Something newer was put in while this page was on its way.
    again += 1;
    fetching = setTimeout(fetchPage, 200);
    return;
  }
  again = 0;
  patch.applyPage(page);
  for (const name of ["may", "event"]) if (page.body.dataset[name] !== undefined) document.body.dataset[name] = page.body.dataset[name];
  document.title = page.title;
  for (const part of [".folio", "#unread"]) {
    const fresh = page.querySelector(part);
    if (fresh) document.querySelector(part)?.replaceWith(document.adoptNode(fresh));
  }
  if (number) stream.goOnFrom(number);
}

// A row came whose place is not on this page: look at all of it.
document.addEventListener("throughline:lost", () => (fetching ||= setTimeout(fetchPage, 200)));

stream.start();
presence.start();
