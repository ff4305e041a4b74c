// A change that would touch many answers is told before it is made: a field with data-consequences asks there first.
// Until the person has said so the field holds what it held, so that nothing is saved meanwhile.
//
// A text or a table is changed word by word. What rests on it is told beside it with the first word, and stays while
// somebody writes there.

import { fieldOf, itemOf, read, write } from "./field.js";
import * as patch from "./patch.js";
import { stateOf } from "./state.js";

// Whoever was told once about a field need not be told with every tick.
const told = new Set();

document.addEventListener("change", (event) => {
  const field = fieldOf(event.target);
  if (!field?.dataset.consequences || field.dataset.base === "0" || told.has(field.id)) return;
  const chosen = read(field);
  const before = stateOf(field).rests;
  if (chosen === before) return;
  event.stopPropagation();
  write(field, before);
  ask(field.dataset.consequences).then((goes) => goes && put(field.id, chosen));
}, true);

// Where nobody can be asked, the change is made: telling is a courtesy, never a lock.
async function ask(url) {
  let response;
  try {
    response = await fetch(url, { headers: { "X-Fragment": "1" } });
  } catch {
    return true;
  }
  if (response.status !== 200) return true;
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.innerHTML = await response.text();
  dialog.setAttribute("aria-label", dialog.firstElementChild?.getAttribute("aria-label") ?? "");
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("click", ({ target }) => {
      if (target.closest("[data-go]")) dialog.close("go");
      else if (target.closest("[data-stay]")) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "go");
    });
    dialog.showModal();
  });
}

function put(id, chosen) {
  // A live update may have replaced the field meanwhile.
  const field = document.getElementById(id);
  if (!field) return;
  told.add(id);
  write(field, chosen);
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- told beside what is written

const beside = new Map();

document.addEventListener("input", async ({ target }) => {
  const place = target.closest?.("[data-tells]");
  const item = place && itemOf(place);
  if (!item || beside.has(item.id)) return;
  beside.set(item.id, "");
  try {
    const response = await fetch(`${place.dataset.tells}?beside=1`, { headers: { "X-Fragment": "1" } });
    if (response.status === 200) beside.set(item.id, await response.text());
  } catch {
    // Telling is a courtesy.
  }
  tell(item.id);
});

// A fragment that is put around the field takes the note with it.
patch.onPatched(() => {
  for (const id of beside.keys()) tell(id);
});

function tell(id) {
  const item = document.getElementById(id);
  const place = item?.querySelector("[data-tells]");
  const html = beside.get(id);
  if (!place || !html || !item.contains(document.activeElement) || item.querySelector("[data-touches]")) return;
  (place.closest("form") ?? place).insertAdjacentHTML("afterend", html);
}

document.addEventListener("focusout", ({ target }) => {
  const item = itemOf(target);
  if (!item || !beside.has(item.id)) return;
  // Where the focus goes is known only afterwards.
  setTimeout(() => {
    const here = document.getElementById(item.id);
    if (here?.contains(document.activeElement)) return;
    beside.delete(item.id);
    here?.querySelector("[data-touches]")?.remove();
  });
});
