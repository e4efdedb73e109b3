// Keys for whoever reads all day. Silent while one types, and altogether where one has turned them off (WCAG 2.1.4);
// whatever they do can be done without them.

const place = document.querySelector("[data-keys]");
const dialog = place.querySelector("dialog");
const box = dialog.querySelector("input");
const KEPT = "recueil-raccourcis";

function kept() {
  try {
    return localStorage.getItem(KEPT) !== "non";
  } catch {
    return true; // a browser that keeps nothing
  }
}

function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? "oui" : "non");
  } catch {
    // Then it holds for this page.
  }
}

// From one of these to the next or the one before; from none, to the first that is in sight.
function step(items, by) {
  const here = items.findIndex((item) => item.contains(document.activeElement));
  const inSight = items.findIndex((item) => item.getBoundingClientRect().bottom > 0);
  const to = items[here < 0 ? Math.max(inSight, 0) : Math.min(Math.max(here + by, 0), items.length - 1)];
  if (!to) return;
  if (!to.matches("a")) to.tabIndex = -1;
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

const all = (selector) => [...document.querySelectorAll(selector)];
const lines = () => all("[data-testid=sheets] tbody th a");
const questions = () => all("#fiche .reading-item");
const follow = (rel) => document.querySelector(`[data-around] a[rel=${rel}]`)?.click();

// Opens what asks about the question where one is, or else about the first that is in sight.
function ask() {
  const items = questions().filter((item) => item.querySelector(".reading-tools"));
  const item = items.find((one) => one.contains(document.activeElement))
    ?? items.find((one) => one.getBoundingClientRect().top >= 0) ?? items.at(-1);
  const tools = item?.querySelector(".reading-tools");
  const fold = tools?.querySelector("details");
  if (fold) fold.open = true;
  const control = (fold ?? tools)?.querySelector("select, textarea, input:not([type=hidden]), a, button");
  control?.focus();
  control?.scrollIntoView({ block: "nearest" });
}

// A decision is never made by one key: this leads to its button.
function decide(word) {
  const button = document.querySelector(`#decisions form[action*="/${word}"] button`);
  button?.focus();
  button?.scrollIntoView({ block: "center" });
}

const click = (selector) => document.querySelector(selector)?.click();
const WAY = {
  j: () => follow("next"), ArrowRight: () => follow("next"), k: () => follow("prev"), ArrowLeft: () => follow("prev"),
  n: () => step(questions(), 1), p: () => step(questions(), -1),
};
const MEANT = {
  list: { j: () => step(lines(), 1), k: () => step(lines(), -1), ArrowDown: () => step(lines(), 1), ArrowUp: () => step(lines(), -1) },
  sheet: { ...WAY, d: ask, v: () => decide("valider"), r: () => decide("completer") },
  reading: { ...WAY, l: () => click("[data-mark-read]"), c: () => click("[data-quote-open]"), u: () => click("[data-desk-list]") },
}[place.dataset.keys];

const TYPED_IN = "input, textarea, select, [contenteditable], dialog, [role=group][tabindex='0']";

// A window that has just been closed keeps the focus until the page is drawn again: what can't be seen isn't typed in.
const typing = (target) => Boolean(target.closest(TYPED_IN)?.getClientRects().length);

document.addEventListener("keydown", (event) => {
  if (!box.checked || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  // Up and down scroll the page, until one is among the lines.
  if (/^Arrow(Up|Down)$/.test(event.key) && !lines().includes(document.activeElement)) return;
  const act = event.key === "?" ? () => dialog.showModal() : MEANT[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

box.checked = kept();
box.addEventListener("change", () => keep(box.checked));
place.querySelector("[data-keys-open]").addEventListener("click", () => dialog.showModal());
place.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());
place.hidden = false;
