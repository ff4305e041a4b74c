// What was typed and not yet acknowledged, kept in this browser by person and field until the server has it.
// Everything here may fail without a word: in a private window there is only the page itself.

import { me } from "./page.js";

const STORE = "drafts";
let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("throughline", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("person", "person");
    request.onsuccess = () => {
      // Another window wants to erase everything: do not stand in its way.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function within(mode, work) {
  try {
    const store = (await database()).transaction(STORE, mode).objectStore(STORE);
    return await new Promise((resolve, reject) => {
      const request = work(store);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return undefined;
  }
}

export function draftId(url, part) {
  return `${me} ${url} ${part}`;
}

export function keep(draft) {
  return within("readwrite", (store) => store.put({ ...draft, person: me }));
}

export function drop(id) {
  return within("readwrite", (store) => store.delete(id));
}

export async function mine() {
  return (await within("readonly", (store) => store.index("person").getAll(me))) ?? [];
}

// Signing out leaves nothing of this person behind.
export async function eraseMine() {
  for (const draft of await mine()) await drop(draft.id);
}
