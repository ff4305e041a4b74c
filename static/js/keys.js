// Single-letter keys. They work outside of fields only, and not at all where a person switched them off
// (<body data-keys="off">, WCAG 2.1.4). A control says which key it answers to: data-key="c". Inside a question the key
// presses the control of the question one is at; elsewhere the first such control of the page.

const off = document.body.dataset.keys === "off";
let here = null;
let going = 0;

function questions() {
  return [...document.querySelectorAll("main .item[id]")].filter((item) => item.checkVisibility?.() ?? item.offsetParent);
}

// The question with the focus, else the one last stepped to, else the first that is in view.
function current() {
  const focused = document.activeElement?.closest("main .item[id]");
  if (focused) return focused;
  if (here?.isConnected) return here;
  // A live update may have replaced it by a successor with the same id.
  const successor = here && document.getElementById(here.id);
  return successor ?? questions().find((item) => item.getBoundingClientRect().bottom > 120) ?? null;
}

function step(by) {
  const all = questions();
  if (!all.length) return;
  const at = here || document.activeElement?.closest("main .item[id]") ? all.indexOf(current()) : -1;
  here = all[Math.min(all.length - 1, Math.max(0, at + by))];
  here.tabIndex = -1;
  here.focus({ preventScroll: true });
  here.scrollIntoView({ block: "nearest" });
}

// Enter belongs to links and buttons; only on the question itself does it mean "write".
function press(key) {
  const shown = (control) => control.checkVisibility?.({ visibilityProperty: true }) ?? control.offsetParent;
  const find = (root) => [...(root?.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`) ?? [])].find(shown);
  const writes = key === "e" ? "[data-field]" : "";
  const control = find(current()) ?? (writes && [...(current()?.querySelectorAll(writes) ?? [])].find(shown)) ?? find(document);
  if (!control) return false;
  if (control.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select")) control.focus();
  else control.click();
  return true;
}

function goTo(digit) {
  const link = [...document.querySelectorAll("a[data-step]")].find((a) => a.dataset.step.split(".")[0] === digit);
  if (link) location.assign(link.href);
  return Boolean(link);
}

// The links to the neighbouring steps; they may be hidden where the whole line is shown.
function follow(rel) {
  const link = document.querySelector(`a[rel="${rel}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function act(event) {
  const key = event.key;
  if (Date.now() < going && /^[1-9]$/.test(key)) {
    going = 0;
    return goTo(key);
  }
  going = 0;
  switch (key) {
    case "j": return step(1), true;
    case "k": return step(-1), true;
    case "g": return (going = Date.now() + 1500), true;
    case "/": {
      const box = [...document.querySelectorAll("[data-search]")].find((field) => field.offsetParent);
      if (box) {
        box.focus();
        box.select();
        return true;
      }
      // Where there is no room for the box, its page has one.
      const page = document.querySelector("a[data-search-page]");
      if (page) location.assign(page.href);
      return Boolean(page);
    }
    case "[": return follow("prev");
    case "]": return follow("next");
    case "?": return document.getElementById("keysheet")?.showModal(), true;
    case "Enter": return document.activeElement?.matches(".item[id]") ? press("e") : false;
    default: return key.length === 1 && press(key);
  }
}

function typing(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (off || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
  if (typing(event.target) || document.querySelector("dialog[open], details.menu[open]")) return;
  if (act(event)) event.preventDefault();
});

document.addEventListener("focusin", ({ target }) => {
  here = target.closest?.("main .item[id]") ?? here;
});
