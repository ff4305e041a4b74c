// When what is typed is saved, and when an item is called done. Saved is not settled: a pause saves, leaving settles.

import { fieldOf, FIELD, hasFocus, isChosen, isText, read, served, write } from "./field.js";
import { uuid } from "./page.js";
import * as outbox from "./outbox.js";
import * as patch from "./patch.js";
import { show } from "./savestate.js";
import { all, element, isDirty, isRefused, keepDraft, known, ofItem, stateOf } from "./state.js";

const PAUSE = 800; // ms without a key before a text is saved
const CHOOSING = 450; // ms; arrowing through a set of choices is one choice
const DRAFT = 300; // ms until what was typed is in this browser
const IDLE = 60_000; // ms without a key after which an item is called done

const idle = new Map();

export function mayAnswer() {
  return (document.body.dataset.may ?? "").split(" ").includes("answer");
}

// In use: it has the focus, or holds what the server does not have, or is newer than what a fragment brings.
patch.guard((control, place) => {
  const field = fieldOf(control);
  if (!field) return hasFocus(control) || isModified(control);
  const state = known(field.id);
  if (hasFocus(field)) return true;
  return state?.node === field && (isDirty(state) || patch.isOlder(place, state.base));
});

function isModified(control) {
  if (control.matches("select")) return [...control.options].some((option) => option.selected !== option.defaultSelected) && control.selectedIndex > 0;
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

// Take notice of the fields of a page or of a fragment that was put in.
export function start(root) {
  for (const field of root.matches?.(FIELD) ? [root] : root.querySelectorAll(FIELD)) {
    if (!mayAnswer()) freeze(field);
    // What the browser kept of an earlier visit may be older than what the server sent; our own drafts come after.
    if (!known(field.id) && read(field) !== served(field)) write(field, served(field));
    stateOf(field);
  }
}

function freeze(field) {
  for (const part of field.matches("fieldset") ? field.querySelectorAll("input, select, textarea") : [field]) {
    if (part.matches("textarea, input:not([type=radio], [type=checkbox])")) part.readOnly = true;
    else part.disabled = true;
  }
}

// Something was typed; *complete* when the person is done with it, as with a choice.
export function changed(field, { complete = false } = {}) {
  const state = stateOf(field);
  state.since ??= Date.now();
  state.key ??= uuid();
  // Not put off by further keys: who types without a pause is not to lose all of it.
  state.draftTimer ||= setTimeout(() => keepDraft(state), DRAFT);
  rest(state.item);
  show(state.item);
  if (!isText(field) && !complete) return;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(state), isText(field) ? PAUSE : isChosen(field) ? CHOOSING : 0);
}

export function save(state, how = {}) {
  clearTimeout(state.timer);
  return isDirty(state) ? outbox.post(state, how) : Promise.resolve();
}

function rest(item) {
  if (!item) return;
  clearTimeout(idle.get(item));
  idle.set(item, setTimeout(() => leave(item), IDLE));
}

// Save what is not saved, and call what was written done: in one request where one field is all there is.
export async function leave(item, { keepalive = false } = {}) {
  clearTimeout(idle.get(item));
  idle.delete(item);
  const states = ofItem(item);
  const dirty = states.filter((state) => isDirty(state) && !isRefused(state));
  const settle = dirty.length === 1 && !dirty[0].flight && dirty[0].part !== "note" && !states.some((state) => state.unsettled && state !== dirty[0]);
  await Promise.all(dirty.map((state) => save(state, { settle, keepalive })));
  const unsettled = states.filter((state) => state.unsettled && !isDirty(state));
  if (!unsettled.length) return;
  for (const state of unsettled) state.unsettled = false;
  if (await outbox.settle(unsettled[0].url, { keepalive })) return;
  for (const state of unsettled) state.unsettled = true;
}

// The page may not come back.
export function leaveAll() {
  for (const item of new Set(all().filter((state) => isDirty(state) || state.unsettled).map((state) => state.item))) {
    for (const state of ofItem(item)) keepDraft(state);
    leave(item, { keepalive: true });
  }
}

// The page may come back; what is written is saved, and not called done.
export function saveAll() {
  for (const state of all().filter(isDirty)) {
    keepDraft(state);
    save(state, { keepalive: true });
  }
}

// Take what the server has instead of one's own. Returns how to put one's own in its place after all: having seen both.
export function take(field, place) {
  const state = stateOf(field);
  const own = read(field);
  const theirs = served(place);
  clearTimeout(state.timer);
  write(field, theirs);
  Object.assign(state, { base: place.dataset.base ?? "0", rests: theirs, key: null, refused: null, since: undefined });
  field.dataset.base = state.base;
  keepDraft(state);
  show(state.item);
  return () => {
    const there = element(state);
    if (!there) return;
    write(there, own);
    changed(there, { complete: true });
  };
}
