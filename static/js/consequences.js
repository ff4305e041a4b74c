// A change that would touch many answers is told before it is made: a field with data-consequences asks there first.
// Until the person has said so the field holds what it held, so that nothing is saved meanwhile.

import { fieldOf, read, write } from "./field.js";
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
