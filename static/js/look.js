// Draws the preview of a cover again while its colours and words are being typed. Without this the page shows what is kept.
const form = document.querySelector("form[data-preview]");
const picture = form && document.querySelector(form.dataset.preview);

if (picture) {
  const kept = picture.src.split("?")[0];
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const typed = new URLSearchParams();
      for (const name of ["name", "colour", "accent", "footer", "paper"]) {
        if (form.elements[name]) {
          typed.set(name, form.elements[name].value);
        }
      }
      picture.src = `${kept}?${typed}`;
    }, 300);
  });
}
