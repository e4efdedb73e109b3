// Keeps the open sheet at hand for a cut: its pages as they are now, what was just saved included.

const FILES = "recueil-files";
const PAGES = "recueil-pages-";
const SETTLED = 1500; // milliseconds after the last acknowledgement
const BETWEEN = 700; // milliseconds between two pages that are fetched ahead

const page = document.querySelector("[data-autosave]");

async function start() {
  await navigator.serviceWorker.register("/service-worker.js");
  const pages = { match: (path) => caches.match(path), put: async (path, answer) => (await caches.open(PAGES + page.dataset.person)).put(path, answer) };
  let timer = 0;
  const saved = new Set();
  document.addEventListener("recueil:acknowledged", ({ detail }) => {
    detail.questions.forEach((id) => saved.add(id));
    clearTimeout(timer);
    timer = setTimeout(() => renew(pages, saved), SETTLED);
  });
  addEventListener("pagehide", () => { if (timer) renew(pages, saved); });
  await keepFiles();
  const ahead = () => requestIdleCallback(() => fetchAhead(pages), { timeout: 5000 });
  // Signing out has taken away what was kept.
  document.addEventListener("recueil:back", ahead);
  if (!navigator.connection?.saveData) ahead();
}

// Styles and scripts of a page that came before the service worker did: the browser has them already.
async function keepFiles() {
  const files = await caches.open(FILES);
  for (const { name } of performance.getEntriesByType("resource")) {
    if (!new URL(name).pathname.startsWith("/static/") || (await files.match(name))) continue;
    await files.put(name, await fetch(name, { cache: "force-cache" }));
  }
}

// The page that was kept when it came, with the answers that were saved since.
async function renew(pages, saved) {
  const kept = await pages.match(location.pathname);
  if (!kept) return;
  const text = new DOMParser().parseFromString(await kept.text(), "text/html");
  for (const later of text.querySelectorAll("template[data-asked-later]")) later.replaceWith(later.content);
  for (const id of saved) {
    const block = page.querySelector(`[data-question="${id}"]`);
    // What waits to be saved is kept elsewhere: here stands what the server has.
    if (block?.matches("[data-waiting]")) continue;
    saved.delete(id);
    if (block) text.querySelector(`[data-question="${id}"]`).replaceWith(asItIs(block));
  }
  if (!saved.size) text.querySelector("[data-autosave]").dataset.revision = page.dataset.revision;
  await pages.put(location.pathname, new Response(`<!doctype html>${text.documentElement.outerHTML}`, { headers: kept.headers }));
}

function asItIs(block) {
  const copy = block.cloneNode(true);
  for (const drawn of copy.querySelectorAll("[style]")) drawn.removeAttribute("style");
  for (const gone of copy.querySelectorAll("[data-undo]")) gone.remove();
  const controls = copy.querySelectorAll("input, textarea, option");
  block.querySelectorAll("input, textarea, option").forEach((control, at) => {
    if (control.matches("textarea")) controls[at].textContent = control.value;
    else if (control.matches("option")) controls[at].toggleAttribute("selected", control.selected);
    else if (control.matches("[type=checkbox], [type=radio]")) controls[at].toggleAttribute("checked", control.checked);
    else controls[at].setAttribute("value", control.value);
  });
  return copy;
}

// This step where it isn't kept yet, and the others of this sheet, one after the other, while the line has nothing else to do.
async function fetchAhead(pages) {
  for (const link of document.querySelectorAll("[data-steps] a[href]")) {
    const { pathname } = new URL(link.href);
    if (await pages.match(pathname)) continue;
    if (pathname !== location.pathname) await new Promise((done) => setTimeout(done, BETWEEN));
    try {
      const answer = await fetch(pathname, { headers: { Accept: "text/html" }, priority: "low" });
      if (answer.ok && answer.headers.get("X-Recueil-Keep") === page.dataset.person) await pages.put(pathname, answer);
    } catch {
      return;
    }
  }
}

if (page && "serviceWorker" in navigator && "caches" in window) start().catch(() => {});
