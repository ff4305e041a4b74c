// What was typed on an earlier visit and never acknowledged: sent now, in the order in which it was written.

import * as drafts from "./drafts.js";
import { read, write } from "./field.js";
import { hear, me, tab, tell } from "./page.js";
import * as outbox from "./outbox.js";
import { all, element, isDirty, isRefused, known, stateOfDraft } from "./state.js";
import { trouble } from "./trouble.js";
import { counted, toast } from "./words.js";

const ANSWERS = 400; // ms for other windows to say which drafts are theirs

const alive = new Set();

hear(({ type, tabs, from, person }) => {
  if (person !== me) return;
  if (type === "whose-drafts" && all().some(isDirty)) tell({ type: "my-drafts", person: me });
  if (type === "my-drafts") alive.add(from);
});

export async function resumeDrafts() {
  if (!me) return;
  tell({ type: "whose-drafts", person: me });
  await new Promise((resolve) => setTimeout(resolve, ANSWERS));
  const found = (await drafts.mine()).filter((draft) => draft.tab !== tab && !alive.has(draft.tab));
  found.sort((one, other) => one.at - other.at);
  let sent = 0;
  for (const draft of found) {
    const state = stateOfDraft(draft);
    const field = element(state);
    if (field && read(field) === draft.value && !draft.flight) {
      state.rests = draft.value;
      drafts.drop(draft.id);
      continue;
    }
    if (field) write(field, draft.value);
    await outbox.post(state);
    if (trouble.kind) return;
    if (!isDirty(state) || known(state.id) === undefined) sent += 1;
    else if (isRefused(state)) continue;
  }
  if (sent) toast(counted("sent", sent));
}
