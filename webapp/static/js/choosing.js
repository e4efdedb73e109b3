// What is said where files are chosen or taken off.

// The error beside the control that takes files; an empty text takes it away. model: a template of an error.
export function complain(input, text, model) {
  const id = `${input.id}-error`;
  document.getElementById(id)?.remove();
  input.closest(".field").classList.toggle("field-error", text);
  input.setAttribute("aria-invalid", Boolean(text));
  input.setAttribute("aria-describedby", `${input.id}-help ${text && id}`.trim());
  if (!text) return;
  input.insertAdjacentHTML("beforebegin", model.innerHTML);
  input.previousElementSibling.id = id;
  input.previousElementSibling.querySelector("span").textContent = text;
}

// Before whoever else listens: a file that goes is not got back.
export function askBeforeRemoving(form) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "_remove_file") return;
    const name = [...event.submitter.closest("li").querySelectorAll("a")].find((link) => link.textContent.trim()).textContent.trim();
    if (!confirm(`Retirer «\u00a0${name}\u00a0» de la fiche\u202f?`)) event.preventDefault();
  }, { capture: true });
}
