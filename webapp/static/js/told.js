// What the page says about saving: one quiet line, and notices made from templates of the page.

const QUIET = 20_000; // milliseconds between two « Enregistré » said aloud

export class Told {
  #line;
  #aloud;
  #words;
  #last = 0;
  #besides = new Map(); // what isn't saved with the answers: who says so → in which words
  #saved = null; // what was said of the answers last
  constructor(page) {
    this.#line = page.querySelector("[data-save-state]");
    this.#aloud = page.querySelector("[data-save-aloud]");
    this.#words = this.#line ? JSON.parse(this.#line.dataset.words) : {};
    // Another script of the page has something that isn't saved.
    document.addEventListener("recueil:waits", ({ detail }) => this.besides(detail.who, detail.text));
  }

  // state: a key of the page's words, or « saved » with the server's own text; to: the id of what waits for its person.
  state(state, text = this.#words[state], to = "") {
    if (!this.#line) return;
    this.#saved = state === "saved" ? text : null;
    const [beside] = this.#besides.values();
    if (this.#saved && beside) this.#say("unsaved", beside);
    else this.#say(state, text, to);
  }

  // While something is left beside the answers, « Enregistré » is not said; no words: nothing is left any more.
  besides(who, text) {
    if (!this.#line) return;
    if (this.#line.dataset.state === "saved") this.#saved = this.#line.querySelector("[data-save-text]").textContent;
    if (text) this.#besides.set(who, text);
    else this.#besides.delete(who);
    if (this.#saved) this.state("saved", this.#saved);
  }

  #say(state, text, to = "") {
    const before = this.#line.dataset.state;
    this.#line.dataset.state = state;
    const words = this.#line.querySelector("[data-save-text]");
    words.textContent = text;
    if (to) words.replaceChildren(Object.assign(document.createElement("a"), { href: `#${to}`, textContent: text }));
    if (state === before && state !== "saved") return;
    const often = state === "saving" || (state === "saved" && before !== "offline" && performance.now() - this.#last < QUIET);
    if (!often) this.aloud(text);
  }

  aloud(text) {
    this.#last = performance.now();
    if (this.#aloud) this.#aloud.textContent = text;
  }

  word(name) {
    return this.#words[name];
  }
}

// A notice of the page's templates, once; texts: selector → text, put in as text, never as markup.
export function notice(place, name, texts = {}) {
  unsay(place, name);
  const made = document.getElementById(`said-${name}`).content.cloneNode(true).firstElementChild;
  made.dataset.notice = name;
  for (const [part, text] of Object.entries(texts)) made.querySelector(part).textContent = text;
  place.prepend(made);
  return made;
}

export const unsay = (place, name) => place.querySelector(`[data-notice="${name}"]`)?.remove();

// Texts that can't be saved any more, to be copied: [label, text] pairs.
export function offerCopies(box, kept, copied) {
  kept.forEach(([label, text], at) => {
    const one = document.getElementById("said-kept").content.cloneNode(true).firstElementChild;
    const area = one.querySelector("[data-text]");
    area.id = `garde-${at}`;
    one.querySelector("label").htmlFor = area.id;
    one.querySelector("label").textContent = label;
    area.value = text;
    one.querySelector("[data-copy]").addEventListener("click", async () => {
      area.select();
      await navigator.clipboard?.writeText(text);
      copied();
    });
    box.append(one);
  });
}

// What a cut has left was put back into the questions of these labels; what to say aloud of it.
export function tellFound(place, labels) {
  const which = [...new Set(labels)].filter(Boolean).map((label) => `«\u00a0${label}\u00a0»`).join(", ");
  const made = notice(place, "found", { "[data-which]": which && `\u00a0: ${which}` });
  return `${made.querySelector(".notice-title").textContent}. ${made.querySelector("[data-said]").textContent}`;
}

// A problem that is no more leaves the summary at the head of the page.
export function solved(id) {
  const summary = document.querySelector(".error-summary");
  summary?.querySelectorAll(`a[href="#${id}"]`).forEach((link) => link.closest("li").remove());
  if (summary && !summary.querySelector("li")) summary.remove();
}

// The error beside a question's control, or at the cells of its table that it names; an empty message takes it away.
export function error(block, message) {
  const id = block.dataset.question, field = block.querySelector(".field");
  const tied = field.matches("fieldset") ? field : field.querySelector(`[name="${id}"]`);
  const found = cellsNamed(block, message);
  for (const cell of block.querySelectorAll(".entry-cells [name]")) say(cell.closest(".field"), cell, cell.name, found.get(cell) ?? "");
  say(field, tied, id, found.size ? "" : message);
}

// Cell → what is said of it. The server names a cell as its person sees it: « Ligne 2, montant accordé (€) : … ».
function cellsNamed(block, message) {
  const places = [...block.querySelectorAll(".rows > .entry")].flatMap((entry, at) =>
    [...entry.querySelectorAll(".entry-cells label")].map((label) => {
      const name = `Ligne ${at + 1}, ${label.textContent.toLowerCase()}\u00a0: `;
      return { cell: document.getElementById(label.htmlFor), from: message.indexOf(name), length: name.length };
    }));
  const named = places.filter((place) => place.from >= 0).sort((one, other) => one.from - other.from);
  return new Map(named.map(({ cell, from, length }, at) => [cell, message.slice(from + length, named[at + 1]?.from).trim()]));
}

function say(field, tied, id, message) {
  const there = document.getElementById(`${id}-error`);
  field.classList.toggle("field-error", Boolean(message));
  const described = (tied.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== `${id}-error`);
  if (!message) {
    there?.remove();
    solved(id);
  } else {
    const said = there ?? document.createElement("p");
    said.className = "error";
    said.id = `${id}-error`;
    said.textContent = message;
    if (!there) (field.querySelector(`[id="${id}-help"]`) ?? field.querySelector("label, legend")).after(said);
    described.push(said.id);
  }
  if (tied.matches("input, textarea, select")) tied.ariaInvalid = message ? "true" : null;
  if (described.length) tied.setAttribute("aria-describedby", described.join(" "));
  else tied.removeAttribute("aria-describedby");
}
