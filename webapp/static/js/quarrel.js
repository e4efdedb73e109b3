// Two answers to one question: both are shown, a person chooses, nothing is written over.

import { asText, inWords, read, write } from "./answers.js";
import { notice } from "./told.js";

// theirs: { mark, text }; chosen: called with « mine » or « theirs ».
export function showBoth(place, question, theirs, chosen) {
  const mine = question.block ? inWords(question.block) : asText(question.typed);
  // The server's own notice of the same says less than this one.
  for (const said of place.querySelectorAll(`[data-testid="theirs-${question.id}"]`)) said.remove();
  const made = notice(place, "conflict", { "[data-theirs]": theirs.text || "–", "[data-mine]": mine || "–" });
  delete made.dataset.notice;
  made.dataset.testid = `theirs-${question.id}`;
  made.id = made.dataset.testid; // the line at the foot of the page leads here
  made.tabIndex = -1;
  made.role = "group";
  made.ariaLabel = `${made.querySelector(".notice-title").textContent}\u00a0: ${question.label}`;
  made.addEventListener("click", ({ target }) => {
    const choice = target.closest("[data-keep]")?.dataset.keep;
    if (choice) chosen(choice, made);
  });
}

// The page as the server has it now, null without a line or where it is no longer open.
export async function freshPage() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const later of page.querySelectorAll("template[data-asked-later]")) later.replaceWith(later.content);
    return page;
  } catch {
    return null;
  }
}

// Takes a question anew from such a page; the one in which somebody stands keeps its place.
export function takeAnew(question, page) {
  const { block } = question, fresh = page.querySelector(`[data-question="${question.id}"]`);
  if (!fresh) return;
  const here = document.activeElement;
  if (block.contains(here) && here.matches("input, textarea, select")) {
    write(block, read(fresh));
    block.querySelector("[name=_seen]").value = fresh.querySelector("[name=_seen]").value;
  } else block.replaceChildren(...document.importNode(fresh, true).childNodes);
  question.settle();
}

// What the server has for a question, by such a page.
export function storedNow(question, page) {
  const fresh = page?.querySelector(`[data-question="${question.id}"]`);
  return fresh ? { mark: markOf(question, fresh), text: inWords(fresh) } : null;
}

const markOf = (question, block) => block.querySelector("[name=_seen]").value.slice(question.id.length + 1);

// A list of files is brought to what the server has, with the words that are being typed in it.
// Out: false where somebody else has changed those very words, or where the server doesn't answer.
export async function mergeFiles(question) {
  const { latest, takeOver } = await import("./joined_files.js");
  const page = await latest(question.block, freshPage);
  const fresh = page?.querySelector(`[data-question="${question.id}"]`);
  if (!fresh || takeOver(question.block, fresh)) return false;
  question.block.querySelector("[name=_seen]").value = fresh.querySelector("[name=_seen]").value;
  question.settle();
  question.said = null;
  return true;
}
