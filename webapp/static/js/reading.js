// At the reading desk: says where one is, so that another device goes on there, and takes up the passage selected.

const page = document.querySelector("[data-stop]");
const token = document.querySelector("[name=csrf_token]").value;
const items = [...document.querySelectorAll("#fiche .reading-item[id]")];
const SOON = 800, PAUSE = 1500; // milliseconds after the page has come, and after one has stopped moving
const TOP = 80; // pixels from the top of the window at which one reads

let told = null, timer = 0;

// The question that one reads, none at the top of the page; at its end the last in sight, which can't come higher.
function question() {
  const box = (item) => item.getBoundingClientRect();
  if (scrollY < TOP || !items.length || box(items[0]).top > innerHeight / 2) return "";
  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const here = end ? items.findLast((item) => box(item).top < innerHeight) : items.find((item) => box(item).bottom > TOP);
  return here?.id.replace("reponse-", "") ?? "";
}

async function tell() {
  clearTimeout(timer);
  const here = question();
  if (document.hidden || here === told) return;
  told = here;
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    const answer = await fetch(page.dataset.stop, { method: "POST", headers, body: new URLSearchParams({ question: here }), keepalive: true, redirect: "error" });
    if (!answer.ok) told = null;
  } catch {
    told = null; // said again when one moves
  }
}

function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(tell, pause);
}

later(SOON);
addEventListener("scroll", () => later(PAUSE), { passive: true });
addEventListener("pagehide", () => { if (told !== null) tell(); });
document.addEventListener("visibilitychange", () => later(SOON));

const dialog = document.querySelector("[data-quote]");
const open = document.querySelector("[data-quote-open]");
const said = document.querySelector("[data-quote-said]");

// What is selected in one answer, and where it is sent; nothing where several answers or none are touched.
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const whole = selection.getRangeAt(0);
  const found = [...document.querySelectorAll("[data-quotable]")].filter((one) => whole.intersectsNode(one)).map((one) => {
    const range = whole.cloneRange();
    if (!one.contains(range.startContainer)) range.setStart(one, 0);
    if (!one.contains(range.endContainer)) range.setEnd(one, one.childNodes.length);
    return { text: range.toString().trim(), address: one.dataset.quotable };
  }).filter((one) => one.text);
  return found.length === 1 ? found[0] : null;
}

open.hidden = false;
open.addEventListener("click", () => {
  const passage = selected();
  said.textContent = passage ? "" : said.dataset.words;
  if (!passage) return;
  dialog.querySelector("form").action = passage.address;
  dialog.querySelector("[name=text]").value = passage.text;
  dialog.querySelector("[data-quote-text]").textContent = passage.text;
  dialog.showModal();
  dialog.querySelector("[name=note]").focus();
});
dialog.querySelector("[data-quote-close]").addEventListener("click", () => dialog.close());
