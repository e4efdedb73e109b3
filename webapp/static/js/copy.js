// Copies a text that stands on the page; without a script one selects it oneself.

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const area = document.getElementById(button.dataset.copies);
    area.select();
    try {
      await navigator.clipboard.writeText(area.value);
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
    } catch {
      area.focus(); // selected: the person copies it
    }
  });
}
