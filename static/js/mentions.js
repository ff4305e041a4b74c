// Names in comments: marking one's own, and a list to choose from while writing. Without it a name is simply typed.

const me = document.body.dataset.me ?? "";

// ---- what is this person's own, since fragments are the same for everybody on a side

function mark(root) {
  for (const name of root.querySelectorAll?.(".at[data-person]") ?? []) name.classList.toggle("at-me", name.dataset.person === me);
  for (const link of root.querySelectorAll?.("[data-author]") ?? []) link.classList.toggle("is-mine", link.dataset.author === me);
}

mark(document);
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) mark(node);
}).observe(document.body, { childList: true, subtree: true });

// ---- choosing a name

// "@" at the beginning of a word, and what was typed of the name so far, up to the caret.
const TYPED = /(^|[^\w@.])@([\p{L}\p{M}'’.-]*(?: [\p{L}\p{M}'’.-]*)?)$/u;
const people = new Map();
let list = null;
let area = null;

async function everybody(url) {
  if (!people.has(url)) {
    people.set(url, fetch(url).then((response) => (response.ok ? response.json() : { people: [] })).catch(() => ({ people: [] })));
  }
  return (await people.get(url)).people;
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

async function offer(field) {
  const typed = field.selectionStart === field.selectionEnd && TYPED.exec(field.value.slice(0, field.selectionStart));
  if (!typed || !field.dataset.mentions) return close();
  const wanted = plain(typed[2]);
  const found = (await everybody(field.dataset.mentions)).filter(
    ({ name }) => plain(name).startsWith(wanted) || plain(name).split(" ").some((word) => word.startsWith(wanted)),
  );
  if (document.activeElement !== field) return close();
  if (!found.length || (found.length === 1 && plain(found[0].name) === wanted)) return close();
  show(field, found.slice(0, 8));
}

function show(field, found) {
  if (area !== field) close();
  area = field;
  if (!list) {
    list = document.createElement("ul");
    list.className = "names";
    list.id = "names";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
    field.after(list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", "names");
  }
  list.replaceChildren(
    ...found.map((person, place) => {
      const option = document.createElement("li");
      option.id = `name-${person.id}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(place === 0));
      option.dataset.name = person.name;
      const face = document.createElement("span");
      face.className = `face ${person.firm ? "face-firm" : "face-client"}`;
      face.setAttribute("aria-hidden", "true");
      face.textContent = person.initials;
      const name = document.createElement("span");
      name.textContent = person.name;
      const note = document.createElement("small");
      note.textContent = person.note;
      option.append(face, name, note);
      return option;
    }),
  );
  field.setAttribute("aria-activedescendant", list.firstElementChild.id);
}

function close() {
  list?.remove();
  for (const name of ["aria-autocomplete", "aria-controls", "aria-activedescendant"]) area?.removeAttribute(name);
  list = area = null;
}

function move(by) {
  const options = [...list.children];
  const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = options[(now + by + options.length) % options.length];
  for (const option of options) option.setAttribute("aria-selected", String(option === next));
  next.scrollIntoView({ block: "nearest" });
  area.setAttribute("aria-activedescendant", next.id);
}

function choose(option) {
  const field = area;
  const end = field.selectionStart;
  const start = field.value.slice(0, end).lastIndexOf("@");
  field.setRangeText(`@${option.dataset.name} `, start, end, "end");
  close();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("textarea[data-mentions]")) offer(target);
});
document.addEventListener("keydown", (event) => {
  if (!list || event.target !== area || event.isComposing) return;
  const act = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: close }[event.key];
  const chosen = (event.key === "Enter" || event.key === "Tab") && list.querySelector("[aria-selected=true]");
  if (!act && !chosen) return;
  event.preventDefault();
  event.stopPropagation();
  if (chosen) choose(chosen);
  else act();
}, true);
document.addEventListener("focusout", ({ target }) => target === area && close());
// Ctrl+Enter sends what is being said.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("textarea[data-mentions]")) {
    event.preventDefault();
    event.target.form?.requestSubmit();
  }
});
