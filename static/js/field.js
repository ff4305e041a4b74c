// A field is an element with data-field: a text area, an input, a select, or a fieldset of inputs. Its value is a text;
// that of a fieldset is the list of its names and values as JSON.

export const FIELD = "[data-field]";

export function fieldOf(target) {
  return target instanceof Element ? target.closest(FIELD) : null;
}

export function itemOf(element) {
  return element?.closest(".item[id], .register-page[id]") ?? null;
}

// The key of an item, or of a register as "register:risks", from the id it has on the page.
export function keyOf(item) {
  const dom = item.id.slice("item-".length);
  return item.matches(".register-page") ? dom.replace("register-", "register:") : dom;
}

// Where its value is sent: to its own address, or to that of its form.
export function urlOf(field) {
  return field.dataset.save ?? field.closest("form").getAttribute("action");
}

export function isText(field) {
  return field.matches("textarea");
}

// Chosen, not typed: it is complete with every change.
export function isChosen(field) {
  return field.matches("select, input[type=date]") || Boolean(field.querySelector("input[type=radio], input[type=checkbox]"));
}

export function hasFocus(element) {
  return element === document.activeElement || element.contains(document.activeElement);
}

function parts(field) {
  return [...field.querySelectorAll("input, select, textarea")].filter((part) => part.name && part.type !== "hidden");
}

function ticks(part) {
  return part.type === "radio" || part.type === "checkbox";
}

function list(field, valueOf, isOn) {
  return JSON.stringify(parts(field).filter((part) => !ticks(part) || isOn(part)).map((part) => [part.name, valueOf(part)]));
}

function servedOption(select) {
  return ([...select.options].find((option) => option.defaultSelected) ?? select.options[0])?.value ?? "";
}

// What is in the field now.
export function read(field) {
  if (field.matches("fieldset")) return list(field, (part) => part.value, (part) => part.checked);
  return field.value;
}

// What the server put into it, whatever the person or the browser did to it since.
export function served(field) {
  const value = (part) => (part.matches("select") ? servedOption(part) : part.type === "radio" || part.type === "checkbox" ? part.value : part.defaultValue);
  if (field.matches("fieldset")) return list(field, value, (part) => part.defaultChecked);
  return value(field);
}

export function write(field, text) {
  if (!field.matches("fieldset")) {
    field.value = text;
    return;
  }
  const wanted = JSON.parse(text);
  for (const part of parts(field)) {
    const found = wanted.find(([name, value]) => name === part.name && (!ticks(part) || value === part.value));
    if (ticks(part)) part.checked = Boolean(found);
    else part.value = found?.[1] ?? "";
  }
}

// The value as a form sends it.
export function asForm(text, isList) {
  return new URLSearchParams(isList ? JSON.parse(text) : [["value", text]]);
}

// The number in "7", "7s" or "7sc12.3".
export function version(base) {
  return Number.parseInt(base ?? "0", 10) || 0;
}
