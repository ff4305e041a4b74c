// A control with data-edits opens the editor of its question and puts the caret into it.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-edits]");
  const field = link && document.getElementById(`f-${link.dataset.edits}`);
  if (!field) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  (field.matches("fieldset") ? (field.querySelector(":checked") ?? field.querySelector("input")) : field).focus();
});
