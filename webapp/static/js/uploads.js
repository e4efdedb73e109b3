// Files go up as soon as they are chosen, in pieces, and go on after a cut.
import { all, fingerprint, forget, isGone, keep } from "./kept_files.js";
import { askBeforeRemoving, complain } from "./choosing.js";
import { countdown, keepTyped } from "./in_time.js";
import { carryOn, latest, takeOver } from "./joined_files.js";

const FIRST = 64 * 1024, LEAST = 16 * 1024, MOST = 480 * 1024; // bytes of a piece; the server holds 512 kB in memory
const BRISK = 4, STALLED = 30, PATIENCE = 30; // seconds

class Refused extends Error {}
class SignedOut extends Error {}

const quoted = (name) => `«\u00a0${name}\u00a0»`;
const isPicture = (file) => file.type.startsWith("image/");
function inWords(bytes) {
  if (bytes < 999_500) return `${Math.ceil(bytes / 1000)}\u00a0ko`;
  return `${(bytes / 1e6).toFixed(1).replace(".", ",")}\u00a0Mo`;
}

function begin(box) {
  const { uploads: question, url, person, largest } = box.dataset;
  const block = box.closest("[data-question]"), form = box.closest("form");
  const input = block.querySelector("input[type=file]"), list = box.querySelector("ul");
  const status = box.querySelector("[role=status]"), lines = [];
  let number = 0, busy = false, staying = false;

  const say = (text) => { status.textContent = text; };
  const isRunning = (line) => !line.over;

  // What waits for its person's word is not called saved at the foot of the page.
  function asks(line, whether) {
    line.asks = whether;
    const count = lines.filter((other) => other.asks && isRunning(other)).length;
    const text = count > 1 ? `${count}\u00a0photos attendent votre choix` : "1\u00a0photo attend votre choix";
    document.dispatchEvent(new CustomEvent("recueil:waits", { detail: { who: question, text: count ? text : "" } }));
  }

  // ------------------------------------------------------------ asking the server

  async function ask(line, method, path, body, headers) {
    const stop = line.stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), STALLED * 1000);
    try {
      const answer = await fetch(url + path, {
        method,
        body,
        signal: stop.signal,
        headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value, ...headers },
      });
      const said = await answer.json().catch(() => ({}));
      if (answer.ok || "received" in said) return said;
      if (answer.status === 404 && path) return null; // nobody waits for it any more
      if (answer.status === 400 || answer.status === 401) await page(); // the token may be of a session before
      else if (answer.status < 500 && answer.status !== 429) throw new Refused(said.message ?? "Ce fichier n’a pas été accepté.");
      throw Object.assign(new Error(), { wait: Number(answer.headers.get("Retry-After")) });
    } finally {
      clearTimeout(timer);
    }
  }
  const tell = (line, path, said) =>
    ask(line, "POST", path, JSON.stringify(said), { "Content-Type": "application/json" });

  // This step as the server has it now, and the token of the session that is open now.
  async function page() {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.status === 401) throw new SignedOut();
    if (!answer.ok) throw new Error();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const theirs = fresh.querySelector("[data-uploads]");
    if (!theirs) throw new Refused("Cette fiche ne peut plus être modifiée\u00a0: rechargez la page.");
    if (theirs.dataset.person !== person) throw new SignedOut();
    for (const token of document.querySelectorAll("[name=csrf_token]")) {
      token.value = fresh.querySelector("[name=csrf_token]").value;
    }
    return fresh;
  }

  // ------------------------------------------------------------ a line for each file

  function add(record, again) {
    number += 1;
    list.insertAdjacentHTML(
      "beforeend", box.querySelector("[data-line]").innerHTML.replaceAll("_upload-0", `_upload-${number}`));
    list.hidden = false;
    const root = list.lastElementChild, [caption, alt] = root.querySelectorAll("input");
    const line = { record, root, words: { caption, alt }, piece: FIRST, tries: 0, kept: again, cancel: () => cancel(line) };
    root.querySelector(".entry-title").textContent = record.file.name;
    caption.value = record.caption ?? "";
    alt.value = record.alt ?? "";
    alt.closest(".field").hidden = !isPicture(record.file);
    keepTyped(root, () => keep(Object.assign(record, { caption: caption.value, alt: alt.value })));
    root.addEventListener("click", ({ target }) => line[target.dataset.act]?.());
    lines.push(line);
    if (again) say(`L’envoi de ${quoted(record.file.name)} reprend.`);
    prepare(line, again);
  }

  function show(line, text, acts = "", value = undefined) {
    line.root.querySelector("[data-size]").textContent = inWords(line.record.file.size);
    line.root.querySelector("[data-state]").textContent = text;
    if (value !== undefined) line.root.querySelector("progress").value = value;
    for (const button of line.root.querySelectorAll("[data-act]")) {
      button.hidden = !`${acts} cancel`.includes(button.dataset.act);
    }
  }

  async function prepare(line, again) {
    const { record } = line, { file } = record, text = again ? "L’envoi reprend" : "En attente";
    show(line, text);
    if (!again) keep(record).then((key) => { line.kept = key; });
    const decide = (chosen) => {
      asks(line, false);
      keep(Object.assign(record, { file: chosen, decided: true }));
      show(line, text);
      line.ready = true;
      pump();
    };
    if (record.decided || !isPicture(file)) return decide(file);
    const smaller = await import("./pictures.js").then(({ reduced }) => reduced(file)).catch(() => null);
    if (line.over) return;
    if (!smaller) return file.size > largest ? refuse(line, tooLarge(file)) : decide(file);
    const asked = `Cette photo fait ${inWords(file.size)}. `
      + `La réduire à environ ${inWords(smaller.size)} avant de la joindre\u202f?`;
    Object.assign(line, { reduce: () => decide(smaller), "as-is": () => decide(file) });
    show(line, asked, file.size > largest ? "reduce" : "reduce as-is");
    say(asked);
    asks(line, true);
  }

  function refuse(line, message) {
    line.over = true;
    asks(line, false);
    forget(line.record);
    show(line, message);
    line.root.classList.add("upload-refused");
    line.root.querySelector("[data-act=cancel]").textContent = "Fermer";
    for (const typed of Object.values(line.words)) typed.closest(".field").hidden ||= !typed.value;
    say(`${quoted(line.record.file.name)}\u00a0: ${message}`);
  }

  function cancel(line) {
    const { record } = line;
    if (isRunning(line)) {
      line.over = true;
      line.stop?.abort();
      line.again?.();
      if (record.upload) ask(line, "DELETE", `/${record.upload}`).catch(() => {});
      say(`L’envoi de ${quoted(record.file.name)} est annulé.`);
    }
    forget(record);
    leave(line);
  }

  function leave(line) {
    line.over = true;
    asks(line, false);
    if (line.root.contains(document.activeElement)) input?.focus();
    line.root.remove();
    lines.splice(lines.indexOf(line), 1);
    list.hidden = !lines.length;
  }

  // ------------------------------------------------------------ sending, one file after the other

  async function pump() {
    if (busy) return;
    busy = true;
    for (let line; (line = lines.find((other) => other.ready && isRunning(other)));) {
      line.ready = false;
      // The line is narrow: one file in all tabs together.
      await (navigator.locks ? navigator.locks.request("recueil-pieces", () => send(line)) : send(line));
    }
    busy = false;
  }

  async function send(line) {
    line.elsewhere = line.kept && await isGone(line.record);
    while (isRunning(line)) {
      try {
        if (!line.elsewhere && !line.joined) await goUp(line);
        await settle(line);
      } catch (failure) {
        if (line.over) return;
        if (failure instanceof Refused) refuse(line, failure.message);
        else if (failure.name === "NotReadableError") refuse(line, "Ce fichier ne se lit plus\u00a0: choisissez-le de nouveau.");
        else await pause(line, failure);
      }
    }
  }

  async function goUp(line) {
    const { record } = line, { file } = record;
    let said = record.upload && await ask(line, "GET", `/${record.upload}`);
    if (!said) {
      record.sha256 ??= await fingerprint(file);
      said = await tell(line, "", { question, name: file.name, size: file.size, sha256: record.sha256 });
      keep(Object.assign(record, { upload: said.upload }));
    }
    for (let told = -1; ;) {
      const at = said.received, value = Math.floor(at / file.size * 100);
      show(line, `Envoi… ${value}\u00a0% (${inWords(at)} sur ${inWords(file.size)})`, "", value);
      if (at === file.size) break;
      if (told !== (told = Math.floor(value / 25))) say(`${quoted(file.name)}\u00a0: ${value}\u00a0%`);
      const piece = file.slice(at, at + line.piece), since = performance.now();
      said = await ask(line, "PUT", `/${record.upload}`, piece, {
        "Content-Type": "application/octet-stream",
        "Content-Range": `bytes ${at}-${at + piece.size - 1}/${file.size}`,
      });
      if (!said) throw new Error();
      line.tries = 0;
      if (performance.now() - since < BRISK * 1000) line.piece = Math.min(MOST, line.piece * 2);
    }
    line.sent = { caption: line.words.caption.value, alt: line.words.alt.value };
    said = await tell(line, `/${record.upload}/fin`, line.sent);
    if (!said?.file) throw new Error();
    line.joined = said;
  }

  function pause(line, failure) {
    const signedOut = failure instanceof SignedOut && "Connectez-vous dans un autre onglet\u00a0: l’envoi reprendra ici.";
    const left = Math.max(Math.min(2 ** line.tries, PATIENCE), failure.wait || 0);
    line.tries += 1;
    line.piece = Math.max(LEAST, line.piece / 2);
    if (line.tries === 1) say(signedOut || `L’envoi de ${quoted(line.record.file.name)} est coupé, il va reprendre.`);
    const told = (seconds) =>
      show(line, signedOut || `Coupé\u00a0: reprise dans ${seconds}\u00a0s`, signedOut ? "sign-in again" : "again");
    return countdown(left, told, (wake) => { line.again = wake; });
  }

  // The file is joined: it leaves its line for the list of the server's page.
  async function settle(line) {
    const fresh = (await latest(block, page)).querySelector(`[data-question="${question}"]`);
    const seen = fresh.querySelector("[name=_seen]").value, { joined } = line;
    const conflict = takeOver(block, fresh);
    if (!conflict) block.querySelector("[name=_seen]").value = seen;
    if (joined) carryOn(block, joined.file, line.words, line.sent);
    forget(line.record);
    leave(line);
    if (!joined) return;
    say(`${quoted(joined.file.name)} est joint.`);
    const detail = { revision: joined.revision, question, seen: conflict ? null : seen };
    document.dispatchEvent(new CustomEvent("recueil:saved", { detail }));
  }

  // ------------------------------------------------------------ choosing

  const tooLarge = (file) =>
    `${quoted(file.name)} fait ${inWords(file.size)}\u00a0: réduisez-le à ${inWords(largest)} au plus.`;

  function unfit(file, chosen) {
    const ending = /\.[^.]*$/.exec(file.name)?.[0].toLowerCase();
    if (!file.size) return `${quoted(file.name)} est vide\u00a0: choisissez un autre fichier.`;
    if (ending && !input.accept.split(",").includes(ending)) {
      return `${quoted(file.name)} n’est pas d’un type accepté\u00a0: `
        + "envoyez une image (JPEG, PNG, WebP), un PDF ou un document de bureau.";
    }
    if (file.size > largest && !isPicture(file)) return tooLarge(file);
    if (lines.some((line) => isRunning(line) && line.record.chosen === chosen)) return `${quoted(file.name)} est déjà en cours d’envoi.`;
    return "";
  }

  function choose() {
    const files = Array.from(input.files), wrong = [];
    input.value = "";
    for (const file of files) {
      const chosen = `${file.size} ${file.lastModified} ${file.name}`, why = unfit(file, chosen);
      if (why) wrong.push(why);
      else add({ id: `${Date.now()} ${Math.random()}`, person, url, page: location.pathname, question, file, chosen, at: Date.now() });
    }
    const text = wrong.join(" ");
    complain(input, text, box.querySelector("[data-error]"));
    if (text) say(text);
  }

  if (input) {
    const rest = Array.from(input.closest(".entry").querySelectorAll(".field ~ *"));
    input.multiple = true;
    input.addEventListener("change", choose);
    // Each file has words of its own; those that came back refused stay in sight.
    if (!rest.some((part) => part.querySelector("input")?.value)) for (const part of rest) part.hidden = true;
  }
  // What is typed here is no answer yet.
  for (const part of [box, input?.closest(".entry")]) {
    for (const event of ["input", "change"]) part?.addEventListener(event, (happened) => happened.stopPropagation());
  }
  askBeforeRemoving(form);
  form.addEventListener("submit", ({ submitter }) => {
    staying = ["_stay", "_remove_file"].includes(submitter?.name);
    setTimeout(() => { staying = false; }, 1000);
  });
  addEventListener("beforeunload", (event) => {
    if (!staying && lines.some(isRunning)) event.preventDefault();
  });
  addEventListener("offline", () => lines.forEach((line) => line.stop?.abort()));
  all().then((records) => {
    for (const record of records) {
      if (record.person === person && record.url === url && record.question === question) add(record, true);
    }
  });
}

document.querySelectorAll("[data-uploads]").forEach(begin);
