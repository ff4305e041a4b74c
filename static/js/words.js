// The words that scripts say come with the page, in its language (templates/questionnaires/_live.html).

const said = document.getElementById("live-words");

export function words(name, values = {}) {
  return (said?.dataset[name] ?? "").replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
}

export function counted(name, count) {
  return words(count === 1 ? `${name}One` : `${name}Many`, { count });
}

// A copy of one of the page's own line drawings.
export function icon(name) {
  const drawn = document.getElementById("live-icons")?.content.querySelector(`[data-icon="${name}"] svg`);
  return drawn ? drawn.cloneNode(true) : document.createTextNode("");
}

export function toast(text, action) {
  document.dispatchEvent(new CustomEvent("throughline:toast", { detail: { text, action } }));
}

export function say(text, urgent = false) {
  document.dispatchEvent(new CustomEvent("throughline:say", { detail: { text, urgent } }));
}
