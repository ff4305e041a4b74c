// What somebody else just changed: a passing mark where nobody is, a chip that stays where this person writes.

import { version } from "./field.js";
import { me } from "./page.js";
import * as patch from "./patch.js";
import { take } from "./saving.js";
import { known } from "./state.js";
import { icon, say, toast, words } from "./words.js";

const WASH = 2000;
const CHIP = 8000;
const PAUSE = 5000;
const AGAIN = 20_000;

// ---- marks on the page

export function show(deeds) {
  const others = deeds.filter((deed) => String(deed.by) !== me);
  for (const deed of others) {
    const item = document.getElementById(`item-${deed.item}`);
    if (!item || item.hidden) continue;
    const field = deed.field ? document.getElementById(deed.field) : null;
    if (field && patch.heldField(field.id)) stay(field, deed);
    else pass(item, field, deed);
  }
  announce(others.filter((deed) => !spoken.has(deed.say)));
}

function chip(text, name = "pen") {
  const made = document.createElement("span");
  made.className = "chip chip-live";
  made.append(icon(name), text);
  return made;
}

// Somebody who goes on writing is marked as writing; every pause of theirs is not news.
const told = new Map();

function isNews(deed) {
  const what = `${deed.by} ${deed.item} ${deed.chip}`;
  const before = told.get(what) ?? 0;
  told.set(what, Date.now());
  return Date.now() - before > AGAIN;
}

function pass(item, field, deed) {
  if (!isNews(deed)) return;
  const place = field?.closest("tr") ?? item;
  place.setAttribute("data-washed", "");
  setTimeout(() => document.getElementById(place.id)?.removeAttribute("data-washed"), WASH);
  const foot = item.querySelector(".item-foot");
  if (!foot) return;
  for (const before of foot.querySelectorAll("[data-passing]")) before.remove();
  const mark = chip(deed.chip);
  mark.dataset.passing = "";
  foot.insertBefore(mark, foot.querySelector("[data-save-state]"));
  setTimeout(() => mark.remove(), CHIP);
}

function stay(field, deed) {
  remove(field);
  const mark = chip(words("changedHere", { deed: deed.chip }));
  mark.dataset.incoming = field.id;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-plain";
  button.textContent = words("take", { name: deed.first });
  button.addEventListener("click", () => takeTheirs(field.id));
  mark.append(" ", button);
  field.after(mark);
}

function remove(field) {
  document.querySelector(`[data-incoming="${CSS.escape(field.id)}"]`)?.remove();
}

function takeTheirs(id) {
  const field = document.getElementById(id);
  const place = patch.heldField(id);
  if (!field || !place) return;
  const undo = take(field, place);
  remove(field);
  (field.matches("fieldset") ? field.querySelector("input") : field)?.focus();
  toast(words("taken"), { label: words("putBack"), run: undo });
}

// The chip goes with its reason: the field has caught up, or what came has been merged.
patch.onPatched(() => {
  for (const mark of document.querySelectorAll("[data-incoming]")) {
    const place = patch.heldField(mark.dataset.incoming);
    const state = known(mark.dataset.incoming);
    if (!place || (state && version(place.dataset.base) <= version(state.base))) mark.remove();
  }
});

document.addEventListener("throughline:held", ({ target }) => {
  const tools = target.querySelector?.(".row-tools");
  if (!tools || tools.querySelector("[data-passing]")) return;
  const mark = chip(words("rowGone"), "x");
  mark.dataset.passing = "";
  tools.prepend(mark);
  say(words("rowGone"), true);
});

// ---- words for those who listen: at most one sentence in five seconds, bundled beyond that

const spoken = new Set();
let waiting = [];
let quietUntil = 0;

function announce(deeds) {
  if (!deeds.length) return;
  if (!waiting.length) setTimeout(speak, Math.max(0, quietUntil - Date.now()));
  waiting.push(...deeds);
  for (const { say: sentence } of deeds) {
    spoken.add(sentence);
    setTimeout(() => spoken.delete(sentence), AGAIN);
  }
}

function speak() {
  const sentences = [...new Set(waiting.map((deed) => deed.say))];
  const names = [...new Set(waiting.map((deed) => deed.first))].join(", ");
  say(sentences.length === 1 ? sentences[0] : words("sayMany", { count: sentences.length, names }));
  waiting = [];
  quietUntil = Date.now() + PAUSE;
}
