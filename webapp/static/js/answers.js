// What a question's block holds, as the form around it would post it.
// An answer is a text, a list of texts (boxes to tick), or an object from what follows « id- » in a control's name.

const CONTROLS = "input, select, textarea";

function* controls(block) {
  const id = block.dataset.question;
  for (const control of block.querySelectorAll(CONTROLS)) {
    const { name, type } = control;
    if (type === "file" || control.closest("[data-apart]")) continue;
    if (name === id) yield [control, ""];
    else if (name.startsWith(`${id}-`)) yield [control, name.slice(id.length + 1)];
  }
}

const chosen = (control) => (control.type !== "checkbox" && control.type !== "radio") || control.checked;

export function read(block) {
  const found = new Map();
  for (const [control, rest] of controls(block)) {
    const many = control.type === "checkbox";
    if (!found.has(rest)) found.set(rest, many ? [] : "");
    if (!chosen(control)) continue;
    if (many) found.get(rest).push(control.value);
    else found.set(rest, control.value);
  }
  return found.size === 1 && found.has("") ? found.get("") : Object.fromEntries(found);
}

export function write(block, said) {
  const texts = typeof said === "object" && !Array.isArray(said) ? said : { "": said };
  for (const [control, rest] of controls(block)) {
    if (!(rest in texts)) continue;
    const wanted = texts[rest];
    if (control.type === "checkbox") control.checked = wanted.includes(control.value);
    else if (control.type === "radio") control.checked = wanted === control.value;
    else control.value = wanted;
  }
}

// What the server has is what a control began with, for whoever asks what was typed since.
export function stored(block, said) {
  const texts = typeof said === "object" && !Array.isArray(said) ? said : { "": said };
  for (const [control, rest] of controls(block)) {
    if (control.matches("textarea, input:not([type=checkbox], [type=radio], [type=hidden])") && rest in texts) control.defaultValue = texts[rest];
  }
}

// Empty controls say nothing: a blank row more is no other answer.
const filled = (said) => (said && typeof said === "object" ? Object.entries(said).filter(([, texts]) => texts.length).sort() : said);
export const same = (one, other) => JSON.stringify(filled(one)) === JSON.stringify(filled(other));

// Whether the server may have made one of the other: it puts letters together and takes blanks away around a line.
const plain = (said) => JSON.stringify(filled(said) ?? null).normalize("NFC").replaceAll(/\s|\\[rnt]/g, "");
export const alike = (one, other) => plain(one) === plain(other);

// What a block's controls say, as its person reads them: the names of choices, not their codes.
export function inWords(block) {
  const words = [...controls(block)].map(([control]) => control).filter((control) => chosen(control) && control.type !== "hidden" && control.value)
    .map((control) => (control.selectedOptions?.[0] ?? (/radio|checkbox/.test(control.type) ? control.closest("label") : null))?.textContent ?? control.value);
  return words.map((word) => word.trim()).filter(Boolean).join(" · ");
}

export function asText(said) {
  if (typeof said === "string") return said;
  return (Array.isArray(said) ? said : Object.values(said).flat()).filter((text) => text.trim()).join(" · ");
}

// For conditions: the code or codes chosen, undefined where nothing was answered.
export function asAnswer(said) {
  if (typeof said === "string") return said.trim() ? said : undefined;
  if (Array.isArray(said)) return said.length ? said : undefined;
  if ("" in said) return asAnswer(said[""]);
  return asText(said) ? [] : undefined;
}

// The codes chosen for these questions; what was not answered is left out. questions: id → Question; asked: [id, …] pairs.
export function answersOf(questions, asked) {
  const known = asked.map(([id]) => [id, questions.has(id) ? asAnswer(questions.get(id).typed) : undefined]);
  return Object.fromEntries(known.filter(([, said]) => said !== undefined));
}

// The controls of what only the form itself sends that no longer say what they began with.
export function changedBeside(form) {
  return [...form.querySelectorAll("[name^='_']:not([type=hidden], button)")].filter((control) =>
    control.checked !== control.defaultChecked || (control.type !== "checkbox" && control.value !== control.defaultValue));
}

// [from, how many, what stands there now, how long the whole is then], in characters as Unicode counts them.
export function edit(before, after) {
  const old = [...before.normalize("NFC")], now = [...after.normalize("NFC")];
  const shorter = Math.min(old.length, now.length);
  let start = 0, end = 0;
  while (start < shorter && old[start] === now[start]) start += 1;
  while (end < shorter - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return [start, old.length - end - start, now.slice(start, now.length - end).join(""), now.length];
}

// Whether some of it waits for the form; what a script of its own tells or sends is not meant.
export const leftBeside = (form) => changedBeside(form).some(({ name }) => !/^_(confirm|upload)/.test(name));
