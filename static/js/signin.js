// Signed out while working: sign in right here. The page, its text and the caret stay where they are.
//
// The forms are those of the sign-in pages themselves, one after the other, so that a second step works as well.

import { csrfToken } from "./csrf.js";
import { hear, me, tell } from "./page.js";
import { toast, words } from "./words.js";

const dialog = document.getElementById("sign-in-here");
let asking = null;
let isOut = false;

// Resolves true when this person is signed in again, here or in another window.
export function signInHere() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask() {
  if (!dialog) return false;
  isOut = true;
  const back = new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "back");
  });
  dialog.returnValue = "";
  if (!dialog.open) dialog.showModal();
  await visit(`${words("login")}?next=${encodeURIComponent(location.pathname)}`);
  const isBack = await back;
  isOut = !isBack;
  if (!isBack) toast(words("signedOut"), { label: words("signIn"), run: () => signInHere().then((again) => again && document.dispatchEvent(new CustomEvent("throughline:connected"))) });
  return isBack;
}

async function visit(url, body) {
  const place = dialog.querySelector("[data-form]");
  let page;
  try {
    const response = await fetch(url, body ? { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } } : {});
    page = new DOMParser().parseFromString(await response.text(), "text/html");
    page.address = response.url;
  } catch {
    dialog.close();
    return;
  }
  const person = page.body.dataset.me;
  if (person === me) return arrived();
  // Somebody else: this page is not theirs. What is kept here waits for the one who wrote it.
  if (person) return location.reload();
  const found = [...page.querySelectorAll("main form")].find((form) => form.method === "post");
  if (!found) return dialog.close();
  const form = document.importNode(found, true);
  for (const name of ["hx-post", "hx-target", "hx-swap"]) form.removeAttribute(name);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    visit(new URL(form.getAttribute("action") || "", page.address), new URLSearchParams(new FormData(form, event.submitter)));
  });
  place.replaceChildren(form);
  const address = form.querySelector("[name=login]");
  if (address && !address.value) address.value = words("email");
  [...form.querySelectorAll("input:not([type=hidden])")].find((input) => !input.value)?.focus();
}

function arrived() {
  tell({ type: "signed-in", person: me });
  dialog.close("back");
}

// Somebody signed in in another window. Where this one waits for it, it goes on, or becomes the page of who came.
hear(({ type, person }) => {
  if (type !== "signed-in" || !isOut) return;
  if (person !== me) location.reload();
  else if (dialog?.open) dialog.close("back");
  else {
    isOut = false;
    document.dispatchEvent(new CustomEvent("throughline:connected"));
  }
});
