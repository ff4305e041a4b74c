// What is this person's own is marked here: fragments are the same for everybody on a side.

import { me } from "./page.js";
import * as patch from "./patch.js";

function mark(root) {
  for (const button of root.querySelectorAll("[data-mine][data-person]")) {
    if (button.dataset.person === me) button.textContent = button.dataset.mine;
  }
}

mark(document);
patch.onPatched(mark);
