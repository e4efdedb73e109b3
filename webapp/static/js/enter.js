// Enter in a line saves what it says: a form that is sent takes its person to the top of the page.

// entered: called with a control of an answer. What only the form itself sends is still sent by it.
export function watchEnter(form, entered) {
  form.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== "Enter" || event.isComposing || !target.matches("input:not([type=file])")) return;
    const ownWay = target.closest("[data-apart]") || (target.name.startsWith("_") && !target.closest("[data-uploads]"));
    if (ownWay || !target.closest("[data-question]")) return;
    event.preventDefault();
    entered(target);
  });
}
