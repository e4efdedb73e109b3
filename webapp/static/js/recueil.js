// Small comforts; every page works without this file.

// After a refused form, reading starts at the summary of what is to be put right.
document.querySelector(".error-summary")?.focus();

// On a phone the current page of the navigation, or the current tab, may lie beyond the edge.
for (const current of document.querySelectorAll(":is(.site-nav, .tabs) [aria-current]")) {
  const strip = current.closest("ul");
  strip.scrollLeft = current.offsetLeft - strip.offsetLeft - 56;
}

// A table wider than its place can be scrolled by the keyboard too.
const framed = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const wide = target.scrollWidth > target.clientWidth;
    target.toggleAttribute("tabindex", wide);
    if (!wide) continue;
    target.tabIndex = 0;
    target.role = "group";
    target.ariaLabel = target.querySelector("caption").textContent;
  }
});
document.querySelectorAll(".table-frame").forEach((frame) => framed.observe(frame));

// A menu closes with Escape and when one goes elsewhere.
for (const menu of document.querySelectorAll("details[data-menu]")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// Files that this device still has to join; the script that knows of them may be out of reach without a line.
async function filesOf(person) {
  try {
    const { all } = await import(leaving.dataset.files);
    return (await all()).filter((record) => record.person === person);
  } catch {
    return [];
  }
}

// Who goes leaves nothing behind on this device; what the server has not got yet is not thrown away unasked.
const leaving = document.querySelector("form[data-leaves]");
leaving?.addEventListener("submit", async (event) => {
  if (leaving.dataset.leaves === "done") return;
  event.preventDefault();
  const person = leaving.dataset.person;
  try {
    const device = await import(leaving.dataset.device);
    const unsaved = [...(await device.left(person)), ...(await filesOf(person))];
    if (unsaved.length && !confirm(leaving.dataset.leaves)) return;
    await device.forget(person);
    indexedDB.deleteDatabase("recueil-pieces");
    for (const name of await caches.keys()) if (name.startsWith("recueil-pages-")) await caches.delete(name);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
  leaving.dataset.leaves = "done";
  leaving.submit();
});

// data-guard: say that something is not saved yet, and ask before it is lost.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let touched = false;
  const state = form.querySelector("[data-save-state]");
  form.addEventListener("input", () => {
    if (touched) return;
    touched = true;
    if (!state) return;
    state.dataset.state = "unsaved";
    state.querySelector("[data-save-text]").textContent = state.dataset.unsaved;
  });
  form.addEventListener("submit", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => {
    if (touched) event.preventDefault();
  });
}

// data-poll="seconds": refresh a part of the page until the server leaves the attribute out.
async function refresh(part) {
  let next = null;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok) next = page.getElementById(part.id);
  } catch {
    next = null; // a line that is down: try again at the next turn
  }
  if (next) part.replaceWith(next);
  watch(next ?? part);
}
function watch(part) {
  const seconds = Number(part.dataset.poll);
  if (seconds > 0) setTimeout(refresh, seconds * 1000, part);
}
document.querySelectorAll("[data-poll]").forEach(watch);
