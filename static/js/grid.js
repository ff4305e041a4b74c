// Tables that are written in like a spreadsheet: keys between cells, rows at the end, blocks from the clipboard, undo.

import { takeIn } from "./answers.js";
import { csrfToken } from "./csrf.js";
import { me, uuid } from "./page.js";
import * as patch from "./patch.js";
import { counted, say, toast, words } from "./words.js";

const CELL = "[data-cell]";
const DOUBLE = 500; // ms between two clicks that are meant as one

function cellsOf(row) {
  return [...row.querySelectorAll("td.cell")].map((cell) => cell.querySelector(CELL) ?? cell.querySelector("a, button"));
}

function rowsOf(table) {
  return [...table.querySelectorAll("tbody > tr[data-row]")];
}

function focus(field) {
  field?.focus();
  if (field?.matches("input:not([type=date])")) field.select();
}

function goTo(field, down, right) {
  const row = field.closest("tr");
  const rows = rowsOf(row.closest("table"));
  const target = rows[rows.indexOf(row) + down];
  const column = cellsOf(row).indexOf(field) + right;
  const next = target && cellsOf(target)[column];
  if (next) focus(next);
  return Boolean(next);
}

// Whether the caret can go no further inside the field.
function atEdge(field, key) {
  if (field.matches("select, [type=date]")) return key === "ArrowLeft" || key === "ArrowRight";
  const { selectionStart: start, selectionEnd: end, value } = field;
  if (start !== end) return false;
  if (key === "ArrowLeft") return start === 0;
  if (key === "ArrowRight") return end === value.length;
  return key === "ArrowUp" ? !value.slice(0, start).includes("\n") : !value.slice(end).includes("\n");
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.(CELL);
  if (!field || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "Enter") {
    // Shift and Enter is a new line in a cell.
    event.preventDefault();
    if (!goTo(field, 1, 0)) addRow(field);
  } else if (STEPS[event.key] && atEdge(field, event.key) && goTo(field, ...STEPS[event.key])) {
    event.preventDefault();
  }
});

function addRow(field) {
  const form = field.closest(".item, .register-page")?.querySelector("form[data-add-row]");
  if (form?.checkVisibility?.() ?? form) form.requestSubmit();
}

let pressed = { at: 0, key: "" };

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.elt.matches?.("[data-add-row]")) return;
  // A double click is one row.
  if (Date.now() - pressed.at > DOUBLE) pressed.key = uuid();
  pressed.at = Date.now();
  detail.parameters.set?.("key", pressed.key) ?? (detail.parameters.key = pressed.key);
});

document.addEventListener("throughline:answered", ({ detail }) => {
  const { element, html } = detail;
  if (element.matches("[data-add-row]")) {
    const id = html.match(/data-put="[^"]*"[^>]*>\s*<tr id="([^"]+)"/)?.[1];
    const row = id && document.getElementById(id);
    if (row) focus(cellsOf(row)[0]);
  }
  if (element.dataset.undo) {
    toast(words("rowDeleted"), { label: words("undo"), run: () => send(element.dataset.undo) });
  }
});

// ---- blocks from a spreadsheet

document.addEventListener("paste", async (event) => {
  const table = event.target.closest?.("[data-paste]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const isBlock = text.trimEnd().includes("\t") || (!event.target.matches?.("textarea") && /\n\s*\S/.test(text.trim()));
  if (!table || !isBlock || event.target.closest("[readonly]")) return;
  event.preventDefault();
  const html = await send(table.dataset.paste, new URLSearchParams({ text }));
  if (html) toast(counted("rowsAdded", html.split("data-put=").length - 1));
});

async function send(url, body = new URLSearchParams()) {
  const headers = { "X-Fragment": "1", "X-CSRFToken": csrfToken(), "X-Person": me };
  let response;
  let html;
  try {
    response = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
    html = await response.text();
  } catch {
    toast(words("notThrough"));
    return "";
  }
  if (response.ok) {
    takeIn(html, response.headers.get("Drawn-At"));
    return html;
  }
  const reason = new DOMParser().parseFromString(html, "text/html").querySelector("[data-refusal]")?.textContent.trim();
  toast(reason || words("notThrough"));
  say(reason || words("notThrough"), true);
  return "";
}
