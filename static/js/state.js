// What the page knows of each field. A state belongs to one element: a fragment that replaces the element, which it only
// does where nothing would be lost, begins anew with what the server sent.
//
//   rests   what the person's text is known to rest on: what the server sent, or what it last acknowledged
//   base    the server's name for that ("7", "7s" after a merge, "7sc12.3" after an overlap)
//   flight  what has been sent and not been acknowledged; it is sent again with the same key until it is
//   key     the one-time key of what is typed now, once it is sent
//
// A field is dirty while it holds something else than `rests`, or something is in flight.

import * as drafts from "./drafts.js";
import { FIELD, hasFocus, itemOf, read, served, urlOf } from "./field.js";
import { tab, uuid } from "./page.js";

const states = new Map();

export function all() {
  return [...states.values()];
}

export function ofItem(item) {
  return all().filter((state) => state.item === item);
}

export function known(id) {
  return states.get(id);
}

export function forget(state) {
  states.delete(state.id);
}

export function element(state) {
  return state.node?.isConnected ? state.node : null;
}

// What the person wants stored: from the field, or from a draft whose field is on another page.
export function wanted(state) {
  const field = element(state);
  if (field) return read(field);
  return state.node ? state.rests : state.value;
}

export function isDirty(state) {
  return state.flight !== null || wanted(state) !== state.rests;
}

// The server said no to what is in the field, and it has not been changed since.
export function isRefused(state) {
  return state.refused !== null && state.refused === wanted(state);
}

function fresh(id) {
  return { id, node: null, item: "", draft: null, key: null, flight: null, sending: null, unsettled: false, isUnkept: false, wantsSettle: false, refused: null, timer: 0, draftTimer: 0 };
}

// The state of a field.
export function stateOf(field) {
  const before = states.get(field.id);
  if (before?.node === field) return before;
  const state = Object.assign(before ?? fresh(field.id), {
    node: field,
    url: urlOf(field),
    part: field.dataset.part ?? "",
    isList: field.matches("fieldset"),
    item: itemOf(field)?.id ?? "",
    base: field.dataset.base ?? "0",
    rests: served(field),
    key: null,
    refused: null,
    since: undefined,
  });
  states.set(field.id, state);
  return state;
}

// A draft of an earlier visit, as a state: of its field where that is on this page, else of its own; also where somebody
// has gone on writing in the field, which the server merges with it.
export function stateOfDraft(draft) {
  const found = document.getElementById(draft.field);
  const field = found?.matches(FIELD) && urlOf(found) === draft.url && (found.dataset.part ?? "") === draft.part ? found : null;
  const isInUse = field && (isDirty(stateOf(field)) || hasFocus(field));
  const state = field && !isInUse ? stateOf(field) : fresh(`draft ${draft.id}`);
  const { url, part, isList, base, key, flight, label, page, value } = draft;
  Object.assign(state, { field: draft.field, item: itemOf(field)?.id ?? "", url, part, isList, base, key, flight, label, page, value, draft: draft.id, rests: null, since: draft.at });
  states.set(state.id, state);
  return state;
}

// The server does not have it, and this browser would not keep it.
export function isUnkept(state) {
  return state.isUnkept && isDirty(state);
}

// Keep in this browser what is dirty, and let go of what is not.
export async function keepDraft(state) {
  clearTimeout(state.draftTimer);
  state.draftTimer = 0;
  const id = state.draft ?? drafts.draftId(state.url, state.part);
  if (!isDirty(state)) return drafts.drop(id);
  const field = element(state);
  const { url, part, isList, base, flight } = state;
  state.key ??= uuid();
  const kept = await drafts.keep({
    ...{ id, url, part, isList, base, flight, tab },
    key: state.key,
    field: field ? state.id : (state.field ?? state.id),
    page: state.page ?? location.pathname,
    label: state.label ?? itemOf(field)?.querySelector(".q")?.textContent.trim() ?? document.title,
    value: wanted(state),
    at: state.since ?? Date.now(),
  });
  state.isUnkept = kept === undefined;
}
