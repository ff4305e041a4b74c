// What comes as the answer to a request of this page.

import * as patch from "./patch.js";
import { isBeyond } from "./stream.js";

// An answer that was long on its way is older than what the stream has put in meanwhile. That includes what the request
// did, so nothing of the answer is needed but the mark that says it is stored.
export function takeIn(html, drawnAt) {
  patch.apply(isBeyond(drawnAt) ? marks(html) : html, { own: true });
}

function marks(html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  return [...parsed.content.children].filter((element) => element.matches("[data-save-state]")).map(({ outerHTML }) => outerHTML).join("");
}
