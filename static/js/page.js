// What this page is: whose, of which engagement, and which window of this browser.

export const me = document.body.dataset.me ?? "";
export const engagement = document.body.dataset.engagement ?? "";

// crypto.randomUUID exists only over HTTPS and on localhost.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// A page that is brought back from the browser's memory is the same window; a reloaded one is another.
export const tab = uuid();

// Windows of this browser speak to each other: whose drafts are alive, who holds a stream, who has signed in.
const channel = "BroadcastChannel" in window ? new BroadcastChannel("throughline") : null;

export function tell(message) {
  channel?.postMessage({ ...message, from: tab });
}

export function hear(listener) {
  channel?.addEventListener("message", ({ data }) => listener(data));
}
