// Runs before the first paint, so that a page never flashes in the wrong theme. What somebody chose in this browser
// wins over the preference that the server wrote into the page; without either the device decides.
(function () {
  let choice = null;
  try {
    choice = localStorage.getItem("theme");
  } catch {
    // Storage is switched off: the page keeps what the server said.
  }
  if (choice === "light" || choice === "dark") {
    document.documentElement.dataset.theme = choice;
  } else if (choice === "device") {
    delete document.documentElement.dataset.theme;
  }
})();
