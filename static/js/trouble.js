// Why nothing gets through just now: "network", "server", "session", or nothing.

import { toast, words } from "./words.js";

export const trouble = { kind: "", tries: 0, timer: 0, told: false };

// Once per outage, whoever notices first.
export function tellOffline() {
  if (!trouble.told) toast(words("offline"));
  trouble.told = true;
}
