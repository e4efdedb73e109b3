// The list of the files that are joined, brought to what the server has, under the hands of whoever writes in it.

const idOf = (card) => card.querySelector("[name$='-id']");

const seenIn = (block) => block.querySelector("[name=_seen]").value;

// The server's page by `ask`, asked for again where an answer to this question was acknowledged meanwhile: a page made
// before that would take away what was just saved.
export async function latest(block, ask) {
  for (;;) {
    const seen = seenIn(block), page = await ask();
    if (seenIn(block) === seen) return page;
  }
}

// block: the question on this page; fresh: the same on the server's page now. What is typed and not saved
// stays, and so does the focus. True where somebody else has changed the very words that are being changed here.
export function takeOver(block, fresh) {
  let ours = block.querySelector(".files"), conflict = false;
  if (!ours) {
    ours = document.createElement("ul");
    ours.className = "files";
    block.querySelector("fieldset .stack").prepend(ours);
  }
  const known = new Map(Array.from(ours.children, (card) => [idOf(card).value, card]));
  fresh.querySelectorAll(".files > li").forEach((card, at) => {
    const id = idOf(card), old = known.get(id.value);
    known.delete(id.value);
    if (!old) return ours.insertBefore(card, ours.children[at] ?? null);
    // Numbered as before, the card stays where it is; else the server's takes its place.
    const same = idOf(old).name === id.name, controls = card.querySelectorAll("input");
    old.querySelectorAll("input").forEach((control, index) => {
      const theirs = controls[index], touched = control.value !== control.defaultValue;
      const other = touched && ![control.defaultValue, control.value].includes(theirs.defaultValue);
      conflict ||= other;
      const value = touched ? control.value : theirs.value;
      // Where both have changed it, what stood there before is remembered: asked again, it is still a quarrel.
      if (other) theirs.defaultValue = control.defaultValue;
      else if (same) control.defaultValue = theirs.defaultValue;
      (same ? control : theirs).value = value;
    });
    if (!same) old.replaceWith(card);
  });
  known.forEach((card) => card.remove());
  if (!ours.children.length) ours.remove();
  return conflict;
}

// Words typed while their file was being joined go on in its card, and so does whoever types them.
export function carryOn(block, joined, words, sent) {
  const card = block.querySelector(`.files [value="${joined.id}"]`)?.closest("li");
  for (const [key, typed] of Object.entries(words)) {
    const control = card?.querySelector(`[name$="-${key}"]`);
    if (!control) continue;
    const here = document.activeElement === typed, place = typed.selectionStart;
    if (typed.value !== sent[key]) {
      control.value = typed.value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (here) {
      control.focus();
      control.setSelectionRange(place, place);
    }
  }
}
