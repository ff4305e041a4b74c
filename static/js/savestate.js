// What happened to what one wrote, at the foot of the item it was written in. The strongest word of its fields counts.

import { element, isDirty, isRefused, isUnkept, ofItem } from "./state.js";
import { trouble } from "./trouble.js";
import { icon, say, words } from "./words.js";

const FADES = 60_000; // ms after which "Saved 09:38" has been read
const fading = new Map();

export function show(item) {
  const place = item ? document.getElementById(item)?.querySelector("[data-save-state]") : null;
  if (!place) return;
  const states = ofItem(item);
  const refused = states.find(isRefused);
  const dirty = states.filter(isDirty);
  for (const state of states) if (state !== refused) element(state)?.removeAttribute("aria-invalid");
  if (refused) showRefused(place, refused);
  else if (trouble.kind && dirty.some(isUnkept)) put(place, "unkept", "offline", words("unkept"), "save-bad");
  else if (dirty.length && trouble.kind) put(place, "kept", "offline", words("kept"), "save-off");
  else if (dirty.some((state) => state.sending)) put(place, "saving", "pen", words("saving"), "save-now");
  else if (dirty.length) put(place, "writing");
  else if (document.getElementById(item).querySelector(`.clash [data-person="${document.body.dataset.me}"]`)) put(place, "choose", "clash", words("choose"), "save-off");
  else if (["kept", "unkept", "saving", "writing", "choose", "refused"].includes(place.dataset.saveState)) put(place, "");
  else if (place.hasChildNodes()) fade(item, place);
}

// "Saved 09:38" comes from the server, in a mark of its own.
function fade(item, place) {
  if (place.dataset.saveState === "saved") return;
  place.dataset.saveState = "saved";
  clearTimeout(fading.get(item));
  fading.set(item, setTimeout(() => place.dataset.saveState === "saved" && put(place, ""), FADES));
}

function put(place, name, drawing, text = "", look = "") {
  if (name && place.dataset.saveState === name) return;
  place.dataset.saveState = name;
  place.className = `save ${look}`.trim();
  place.replaceChildren(...(drawing ? [icon(drawing)] : []), text);
}

function showRefused(place, state) {
  element(state)?.setAttribute("aria-invalid", "true");
  if (place.dataset.saveState === "refused" && place.dataset.reason === state.reason) return;
  const text = state.reason ? `${words("refused")}: ${state.reason}` : words("refused");
  put(place, "", "x", text, "save-bad");
  place.dataset.saveState = "refused";
  place.dataset.reason = state.reason;
  if (!state.isList) {
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "btn btn-plain";
    copy.textContent = words("copy");
    copy.dataset.copy = `#${state.id}`;
    place.append(copy);
  }
  say(text, true);
}
