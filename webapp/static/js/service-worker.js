// Without a line: an open sheet stays usable, and the rest is said honestly to be out of reach.
// It never answers in the server's place while the server answers.

const FILES = "recueil-files";
const PAGES = "recueil-pages-"; // and whose
const OFFLINE = "/hors-ligne";

addEventListener("install", (event) => {
  event.waitUntil(keepOffline().then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(clients.claim());
});

addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname, search } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (request.method === "GET" && pathname.startsWith("/static/")) {
    if (pathname.startsWith("/static/js-") || search.startsWith("?v=")) event.respondWith(file(request));
  }
});

// The page for the day without a line, with its styles.
async function keepOffline() {
  const kept = await caches.open(FILES);
  const answer = await fetch(OFFLINE, { credentials: "omit" });
  await kept.put(OFFLINE, answer.clone());
  const wanted = [...(await answer.text()).matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((found) => found[1]);
  await kept.addAll([...new Set(wanted)]);
}

async function page(request) {
  const kept = request.method === "GET" ? await caches.match(new URL(request.url).pathname) : undefined;
  try {
    const answer = await fetch(request);
    await remember(request, answer);
    return answer;
  } catch {
    return kept ?? (await caches.match(OFFLINE));
  }
}

// The server says whose page it is, where it may be kept; what another person had kept here goes.
async function remember(request, answer) {
  const whose = answer.headers.get("X-Recueil-Keep");
  if (request.method !== "GET" || !answer.ok || !whose) return;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PAGES) && name !== PAGES + whose).map((name) => caches.delete(name)));
  const pages = await caches.open(PAGES + whose);
  await pages.put(new URL(request.url).pathname, answer.clone());
}

// The address of a file changes with what it holds: one that is here is right.
async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const files = await caches.open(FILES);
    await files.put(request, answer.clone());
  }
  return answer;
}
