// A sheet's pages name the files that were chosen on this device and are not joined yet; sending the sheet asks first.

import { all } from "./kept_files.js";

const place = document.querySelector("[data-waiting-files]");

const waiting = async () => (await all()).filter(({ person, url }) => person === place.dataset.person && url === place.dataset.url);
const named = (files) => files.map(({ file }) => `«\u00a0${file.name}\u00a0»`).join(", ");

async function tell() {
  const files = await waiting();
  if (!files.length) return;
  const made = place.querySelector("template").content.cloneNode(true);
  if (files.length > 1) made.querySelector(".notice-title").textContent = place.dataset.many;
  made.querySelector("[data-names]").textContent = named(files);
  made.querySelector("a").href = files[0].page ?? files[0].url;
  place.append(made);
}

// They may have been joined in another tab meanwhile: what is there now decides.
async function ask(event) {
  const form = event.target, { submitter } = event;
  if ("asked" in form.dataset) return;
  event.preventDefault();
  const files = await waiting().catch(() => []);
  const words = files.length > 1 ? place.dataset.askMany : place.dataset.askOne;
  if (files.length && !confirm(words.replace("…", named(files)))) return;
  form.dataset.asked = "";
  form.requestSubmit(submitter);
}

if (place) {
  document.querySelector("form[data-sends]")?.addEventListener("submit", ask);
  tell().catch(() => {});
}
