// Show only some questions of a step, by what is written on them. Nothing is asked of the server.

import { me } from "./page.js";
import * as patch from "./patch.js";

const bar = document.querySelector("[data-filters]");
const empty = document.querySelector("[data-filter-empty]");
let chosen = "all";

const isOpen = ({ settled, state }) => settled === "0" && state !== "na";
const matches = {
  all: () => true,
  mine: ({ owner }) => owner === me,
  open: isOpen,
  client: (item) => isOpen(item) && item.heldBy === "client",
  revisit: ({ state }) => state === "revisit",
  conflict: ({ state }) => state === "conflict",
  unknown: ({ unknown }) => unknown === "1",
};

function apply() {
  const items = [...document.querySelectorAll("main .item[id]:not([hidden])")];
  for (const [name, test] of Object.entries(matches)) {
    const count = bar.querySelector(`[data-filter="${name}"] .n`);
    if (count) count.textContent = items.filter((item) => test(item.dataset)).length;
  }
  for (const item of items) {
    // Nothing goes while one is in it.
    const shown = matches[chosen](item.dataset) || item.contains(document.activeElement);
    item.toggleAttribute("data-filtered", !shown);
  }
  for (const section of document.querySelectorAll("main .section[id]")) {
    section.toggleAttribute("data-filtered", chosen !== "all" && !section.querySelector(".item:not([hidden], [data-filtered])"));
  }
  if (empty) empty.hidden = items.some((item) => !item.hasAttribute("data-filtered")) || chosen === "all";
}

if (bar) {
  bar.hidden = false;
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-filter]");
    if (!button) return;
    chosen = button.dataset.filter in matches ? button.dataset.filter : "all";
    for (const one of bar.querySelectorAll("[data-filter]")) one.setAttribute("aria-pressed", String(one.dataset.filter === chosen));
    apply();
  });
  let soon = 0;
  patch.onPatched(() => {
    cancelAnimationFrame(soon);
    soon = requestAnimationFrame(apply);
  });
}
