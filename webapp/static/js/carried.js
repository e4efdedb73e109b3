// What an earlier year put into the boxes: a ticked box is told at once, and what is confirmed or changed loses its mark.

import { send } from "./line.js";

const page = document.querySelector("[data-autosave]");

const carried = (id) => page.querySelector(`[data-question="${id}"] [data-carried]`);

async function confirmed(box) {
  const message = { base_revision: Number(page.dataset.revision), answers: {}, confirm: [box.value] };
  const { status } = await send(page.dataset.autosave, page.querySelector("[name=csrf_token]").value, message);
  if (status !== 200) return; // it goes with the form
  carried(box.value)?.querySelector(".badge")?.parentElement.remove();
  box.dataset.told = "";
}

page.addEventListener("change", ({ target }) => {
  if (target.name !== "_confirm") return;
  // Said once, it is said: what no longer holds is changed in its box.
  if ("told" in target.dataset) target.checked = true;
  else if (target.checked) confirmed(target);
});

document.addEventListener("recueil:acknowledged", ({ detail }) => {
  for (const id of detail.questions) carried(id)?.remove();
});
