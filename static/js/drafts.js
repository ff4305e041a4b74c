// What was typed and not yet acknowledged, kept in this browser by person and field until the server has it.
// Everything here may fail without a word: in a private window there is only the page itself.

import { me, tab } from "./page.js";

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
    const transaction = (await database()).transaction(STORE, mode);
    return await new Promise((resolve, reject) => {
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
      // A page that goes away does not live to commit by itself.
      if (mode === "readwrite") transaction.commit();
    });
  } catch {
    return undefined;
  }
}

// Each window has its own of a field: what is typed after a reload does not take the place of what was typed before.
export function draftId(url, part) {
  return `${me} ${tab} ${url} ${part}`;
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
