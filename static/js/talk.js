// The form in which a comment begins is drawn once per page, and put where somebody wants to write.

import { uuid } from "./page.js";
import * as patch from "./patch.js";

const PLACES = "details[data-writes]";

function fill(place) {
  const link = place.querySelector(":scope > a");
  const form = document.getElementById(`write-${place.dataset.writes}`)?.content.firstElementChild.cloneNode(true);
  if (!link || !form) return;
  const talk = place.closest(".talk").id;
  for (const name of ["action", "hx-post"]) form.setAttribute(name, link.getAttribute("href"));
  form.setAttribute("hx-target", `#${talk}`);
  // Sent twice with the same key, it is said once.
  form.elements.key.value = uuid();
  const area = form.querySelector("textarea");
  area.id += talk.slice("talk-".length);
  form.querySelector("label").htmlFor = area.id;
  link.replaceWith(form);
  window.htmx.process(form);
}

document.addEventListener("toggle", ({ target }) => target.open && target.matches?.(PLACES) && fill(target), true);
patch.onPatched((root) => root.querySelectorAll(`${PLACES}[open]`).forEach(fill));
