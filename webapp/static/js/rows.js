// Rows of a table question come and go without a new page.

const numberOf = (entry) => Number(/-(\d+)-/.exec(entry.querySelector("[name]:not(button)").name)[1]);

export const entriesOf = (block) => [...block.querySelectorAll(".rows > .entry")];

export function addRow(block) {
  const entries = entriesOf(block);
  const last = entries.at(-1);
  // A row that was taken away may come back: its number is not given again.
  const gone = [...block.querySelectorAll("[data-undo]")].map((place) => Number(place.dataset.undo));
  const before = numberOf(last), number = Math.max(...entries.map(numberOf), ...gone) + 1;
  const row = last.cloneNode(true);
  const renamed = (text) => text.replaceAll(`${block.dataset.question}-${before}`, `${block.dataset.question}-${number}`);
  row.querySelectorAll(".error").forEach((error) => error.remove());
  for (const part of row.querySelectorAll("*")) {
    for (const name of ["name", "id", "for", "value"]) {
      if (part.hasAttribute(name)) part.setAttribute(name, renamed(part.getAttribute(name)));
    }
    if (part.matches(".field-error")) part.classList.remove("field-error");
    if (part.matches("input, select, textarea")) {
      part.value = "";
      part.removeAttribute("aria-invalid");
      part.removeAttribute("aria-describedby");
    }
  }
  last.after(row);
  numberRows(block);
  return row;
}

function numberRows(block) {
  entriesOf(block).forEach((entry, at, all) => {
    const title = `Ligne ${at + 1}`;
    entry.firstElementChild.ariaLabel = title;
    entry.querySelector(".entry-title").textContent = title;
    const remove = entry.querySelector("[name=_remove_row]");
    remove.querySelector(".visually-hidden").textContent = ` ${title}`;
    remove.hidden = at === all.length - 1 && !isFilled(entry);
  });
}

const isFilled = (entry) => [...entry.querySelectorAll("input, select, textarea")].some((control) => control.value.trim());

// A row that said something leaves its place to a way back; a blank one just goes.
function removeRow(block, entry, changed) {
  const others = entriesOf(block).filter((other) => other !== entry);
  if (!others.length) others.push(addRow(block));
  if (isFilled(entry)) {
    const place = wayBack(numberOf(entry), () => {
      place.replaceWith(entry);
      numberRows(block);
      entry.querySelector("input, select, textarea").focus();
      changed(block);
    });
    entry.replaceWith(place);
    place.querySelector("button").focus();
  } else {
    const next = others.find((other) => entry.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) ?? others.at(-1);
    entry.remove();
    next.querySelector("input, select, textarea").focus();
  }
  numberRows(block);
}

function wayBack(number, back) {
  const place = document.createElement("li"), button = document.createElement("button");
  place.className = "row-gone";
  place.dataset.undo = number;
  button.type = "button";
  button.className = "button button-quiet button-small";
  button.textContent = "Annuler";
  button.ariaDescription = "Ligne retirée";
  button.addEventListener("click", back);
  place.append("Ligne retirée. ", button);
  return place;
}

// changed: called with a block whose rows came or went.
export function watchRows(form, changed) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[name=_add_row], [name=_remove_row]");
    const block = button?.closest("[data-question]");
    if (!block) return;
    event.preventDefault();
    if (button.name === "_add_row") addRow(block).querySelector("input, select, textarea").focus();
    else removeRow(block, button.closest(".entry"), changed);
    changed(block);
  });
  form.addEventListener("input", (event) => {
    const block = event.target.closest(".entry") && event.target.closest("[data-question]");
    if (block?.querySelector(".rows")) numberRows(block);
  });
}
