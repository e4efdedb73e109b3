// Saves while one types: each answer as it changes, one request at a time, nothing dropped before it is acknowledged.

import { answersOf, asText, changedBeside, leftBeside, read, same } from "./answers.js";
import { visibility } from "./conditions.js";
import { watchEnter } from "./enter.js";
import { Keeping } from "./keeping.js";
import { Later, send, who } from "./line.js";
import { freshPage, mergeFiles, showBoth, storedNow, takeAnew } from "./quarrel.js";
import { Question } from "./question.js";
import { watchRows } from "./rows.js";
import { Told, error, notice, offerCopies, solved, tellFound, unsay } from "./told.js";

const TYPING = 1000; // milliseconds after the last key
const RENEWALS = 4; // a token that is refused again and again is no matter of time
const AWAY = 60_000; // milliseconds out of sight after which others may have been here

class Autosave {
  #page;
  #form;
  #told;
  #keeping;
  #questions = new Map();
  #rules = JSON.parse(document.getElementById("conditions")?.textContent ?? "null");
  #token = document.querySelector("[name=csrf_token]").value;
  #later = new Later(() => this.#go());
  #timer = 0;
  #busy = false;
  #message = null; // what was sent and not answered: the same again until it is
  #asking = false; // what others have changed
  #signedOut = false;
  #renewals = 0; // in a row, without an answer saved in between
  #sending = false; // the form itself is on its way
  #over = false;
  #hiddenAt = Infinity;
  #saved; // the server's last words about what is saved
  #moved = false; // whether an answer has changed since the page was made
  #waiting = [];

  constructor(page) {
    this.#page = page;
    this.#form = page.matches("form") ? page : null;
    this.#told = new Told(page);
    this.#keeping = new Keeping(page.dataset);
  }

  async start() {
    for (const later of this.#page.querySelectorAll("template[data-asked-later]")) later.replaceWith(later.content);
    for (const block of this.#page.querySelectorAll("[data-question]")) this.#meet(Question.in(block));
    this.#judge();
    this.#listen();
    await this.#keeping.restore({
      question: (id) => this.#questions.get(id),
      control: (name) => this.#page.querySelector(`[name="${name}"]`),
      meetElsewhere: (question) => this.#meet(question),
      quarrel: (question, theirs) => this.#quarrel(question, theirs),
      offer: (texts) => this.#offer("", texts),
      found: (labels) => this.#found(labels),
    });
    this.#page.dataset.ready = "";
  }

  get #dirty() {
    return [...this.#questions.values()].filter((question) => question.dirty);
  }

  get #place() {
    return this.#page.querySelector("[data-notices]");
  }

  #meet(question) {
    this.#questions.set(question.id, question);
    const { theirs } = question.block?.dataset ?? {};
    if (theirs !== undefined) this.#quarrel(question, { mark: question.mark, text: theirs });
    return true;
  }

  // ------------------------------------------------------------ typing

  #listen() {
    this.#form?.addEventListener("input", ({ target }) => this.#typed(target, TYPING));
    this.#form?.addEventListener("change", ({ target }) => this.#typed(target, 0));
    this.#form?.addEventListener("focusout", () => { if (this.#timer) this.#soon(0); });
    this.#form?.addEventListener("submit", (event) => this.#submitted(event));
    if (this.#form) watchRows(this.#form, (block) => this.#typed(block, 0));
    if (this.#form) watchEnter(this.#form, (control) => { this.#typed(control, 0); if (this.#timer) this.#soon(0); });
    this.#page.addEventListener("click", ({ target }) => { if (target.closest("[data-retry]")) this.#go(); });
    addEventListener("beforeunload", (event) => {
      if (!this.#keeping.works && !this.#sending && this.#dirty.length) event.preventDefault();
    });
    addEventListener("pageshow", (event) => { if (event.persisted) this.#ask(); });
    document.addEventListener("visibilitychange", () => this.#seen());
    document.addEventListener("recueil:saved", ({ detail }) => this.#savedElsewhere(this.#questions.get(detail.question), detail.seen));
  }

  #typed(target, pause) {
    const question = this.#questions.get(target.closest("[data-question]")?.dataset.question);
    if (target.name?.startsWith("_") && target.name !== question?.id) return this.#typedApart(target);
    if (!question) return;
    const typed = read(question.block);
    if (same(typed, question.typed)) return;
    question.typed = typed;
    this.#judge();
    this.#keeping.keep(question);
    if (this.#over) return;
    if (!this.#signedOut && !question.conflict && !this.#later.waits) this.#told.state("saving");
    this.#soon(pause);
  }

  // Words that only the form itself sends: they are kept, and not called saved.
  #typedApart(control) {
    if (control.matches("textarea, input[type=text]")) this.#keeping.keepApart(control);
    this.#tellApart();
  }

  #tellApart() {
    this.#told.besides("form", this.#form && leftBeside(this.#form) ? this.#told.word("unsaved") : "");
  }

  // Another script of this page has saved an answer: it is one's own; words typed beside it still have to leave.
  // seen: null where it found that somebody else has changed those very words.
  async #savedElsewhere(question, seen) {
    if (!question || question.conflict) return;
    const dirty = question.dirty || seen === null;
    question.settle();
    if (!dirty) return;
    question.said = null;
    this.#keeping.keep(question);
    const theirs = seen === null ? storedNow(question, await freshPage()) : null;
    if (theirs) this.#quarrel(question, theirs);
    else this.#soon(0);
  }

  #soon(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#timer = 0; this.#go(); }, pause);
  }

  #seen() {
    if (document.hidden) {
      this.#hiddenAt = performance.now();
      if (this.#dirty.length) this.#go(true);
    } else if (this.#signedOut) this.#go();
    else if (performance.now() - this.#hiddenAt > AWAY) this.#ask();
  }

  // Which questions are asked, as the answers stand on the page.
  #judge() {
    if (!this.#rules) return;
    const answers = { ...this.#rules.answers, ...answersOf(this.#questions, this.#rules.questions) };
    for (const [id, shown] of Object.entries(visibility(this.#rules.questions, answers))) {
      const block = this.#questions.get(id)?.block;
      if (block && block.hidden !== (shown !== true)) this.#show(block, shown === true);
    }
  }

  // What is not asked keeps its answer and leaves the form.
  #show(block, shown) {
    block.hidden = !shown;
    for (const control of block.querySelectorAll("input, select, textarea, button")) control.disabled = !shown;
    if (shown && "ready" in this.#page.dataset) this.#told.aloud(`${this.#told.word("more")}\u00a0: ${block.dataset.label}`);
  }

  // ------------------------------------------------------------ the line

  #ask() {
    this.#asking = true;
    this.#go();
  }

  #compose() {
    const leaving = this.#dirty.filter((question) => !question.stuck);
    if (!leaving.length && !this.#asking) return null;
    this.#asking = false;
    const message = { base_revision: Number(this.#page.dataset.revision), answers: {}, edits: {}, seen: {} };
    for (const question of leaving) question.leave(message);
    return message;
  }

  // leaving: the page is going out of sight, so nothing may come before the request.
  async #go(leaving = false) {
    if (this.#busy || this.#over) return;
    if (this.#signedOut && !(await this.#renew())) return;
    if (this.#busy) return;
    this.#message ??= this.#compose();
    if (!this.#message) return this.#rest();
    this.#busy = true;
    if (this.#dirty.length && !this.#later.waits) this.#told.state("saving");
    // What leaves is noted as such first: after a cut one's own words are not taken for somebody else's.
    if (!leaving) await Promise.all(this.#dirty.map((question) => this.#keeping.keep(question)));
    const answer = await send(this.#page.dataset.autosave, this.#token, this.#message, leaving);
    this.#busy = false;
    await this.#answered(answer);
    this.#waiting.splice(0).forEach((told) => told(answer));
  }

  async #answered({ status, body, wait }) {
    if (status === 200 || body.reason === "stale") return await this.#acknowledged(body);
    if (body.reason === "whole") return this.#sendWhole();
    if (status === 409) return this.#close(body.message);
    if (status === 0 || status === 429 || status >= 500) {
      this.#told.state(this.#unsaved(status ? "away" : "offline"));
      return this.#later.again(wait);
    }
    if ((status === 401 || status === 400) && this.#renewals < RENEWALS) {
      this.#renewals += 1;
      return (await this.#renew()) ? this.#later.again() : undefined;
    }
    this.#message = null;
    this.#over = true;
    return this.#told.state("refused", body.message);
  }

  #unsaved(state) {
    return this.#keeping.works ? state : "unkept";
  }

  #sendWhole() {
    for (const id of Object.keys(this.#message.edits)) this.#questions.get(id).whole = true;
    this.#message = null;
    this.#soon(0);
  }

  async #acknowledged(body) {
    this.#message = null;
    this.#renewals = 0;
    this.#later.well();
    this.#saved = body.said;
    this.#moved ||= Number(this.#page.dataset.revision) !== body.revision;
    this.#page.dataset.revision = body.revision;
    for (const [id, state] of Object.entries(body.fields)) {
      const question = this.#questions.get(id);
      question.arrive(body.marks[id]);
      if (question.block) error(question.block, state === "ok" ? "" : state);
      this.#keeping.keep(question);
    }
    for (const [id, why] of Object.entries(body.refused ?? {})) {
      const question = this.#questions.get(id);
      question.refuse();
      if (question.block) error(question.block, why);
    }
    for (const [id, theirs] of Object.entries(body.conflicts ?? {})) {
      const question = this.#questions.get(id);
      question.leaving = undefined;
      const files = question.block?.querySelector("[data-uploads]");
      if (!files || !(await mergeFiles(question))) this.#quarrel(question, theirs);
    }
    this.#takeAnew(body.changed.map((id) => this.#questions.get(id)).filter((question) => question?.block && !question.dirty));
    document.dispatchEvent(new CustomEvent("recueil:acknowledged", { detail: { questions: Object.keys(body.fields) } }));
    if (this.#dirty.some((question) => !question.stuck)) this.#soon(0);
    else this.#rest();
  }

  #rest() {
    const [state, to] = Question.firstStuck(this.#dirty);
    if (state) this.#told.state(state, undefined, to);
    else if (this.#saved) this.#told.state("saved", this.#saved);
    // A page that shows answers shows them as they are now.
    if (!this.#form && this.#moved && !this.#dirty.length) location.reload();
  }

  // ------------------------------------------------------------ somebody else's words

  #quarrel(question, theirs) {
    question.conflict = theirs;
    showBoth(question.block ?? this.#place, question, theirs, (choice, made) => this.#choose(question, choice, made));
    this.#told.state("conflict", undefined, `theirs-${question.id}`);
  }

  async #choose(question, choice, made) {
    if (choice === "mine") {
      question.mark = question.conflict.mark;
      question.said = null;
      question.conflict = null;
    } else if (question.block) {
      const page = await freshPage();
      if (!page) return this.#told.state(this.#unsaved("offline"));
      takeAnew(question, page);
      solved(question.id);
    } else question.forget();
    made.remove();
    question.block?.querySelector("input:not([type=hidden]), textarea, select").focus();
    this.#judge();
    await this.#keeping.keep(question);
    return this.#soon(0);
  }

  async #takeAnew(questions) {
    const page = questions.length ? await freshPage() : null;
    for (const question of page ? questions : []) if (!question.dirty) takeAnew(question, page);
    this.#judge();
  }

  // ------------------------------------------------------------ who, and the end

  // Whether the same person has signed in again; the page goes on with a new token then.
  async #renew() {
    const now = await who(this.#page.dataset.who);
    if (now?.user === this.#page.dataset.person) {
      this.#token = now.csrf_token;
      for (const input of document.querySelectorAll("[name=csrf_token]")) input.value = now.csrf_token;
      unsay(this.#place, "signed-out");
      unsay(this.#place, "somebody-else");
      if (this.#signedOut) document.dispatchEvent(new Event("recueil:back"));
      this.#signedOut = false;
      return true;
    }
    if (now) this.#signOut(now.user ? "somebody-else" : "signed-out");
    this.#later.again();
    return false;
  }

  #signOut(why) {
    this.#told.state("signed-out");
    this.#signedOut = true;
    this.#renewals = 0;
    if (this.#place.querySelector(`[data-notice="${why}"]`)) return;
    for (const other of ["signed-out", "somebody-else"]) unsay(this.#place, other);
    const made = notice(this.#place, why);
    const door = made.querySelector("[data-door]");
    if (door) door.href = `${this.#page.dataset.door}?next=${encodeURIComponent(location.pathname)}`;
    made.role = "alert";
  }

  // The sheet was sent, or the campaign is over: what was typed is there to be copied.
  #close(reason) {
    this.#message = null;
    this.#over = true;
    this.#offer(reason, this.#dirty.map((question) => [question.label, asText(question.typed)]));
    this.#told.state("closed");
  }

  #offer(reason, texts) {
    const made = notice(this.#place, "closed", { "[data-reason]": reason });
    made.role = "alert";
    offerCopies(made.querySelector("[data-kept]"), texts, () => this.#told.aloud(this.#told.word("copied")));
    return true;
  }

  #found(labels) {
    this.#judge();
    this.#tellApart();
    this.#go();
    if (labels.length && this.#form) this.#told.aloud(tellFound(this.#form.querySelector("[data-found]"), labels));
  }

  // What is under way comes first.
  async #submitted(event) {
    if (event.defaultPrevented || this.#over) return;
    const online = navigator.onLine && !this.#signedOut;
    if (online && this.#isAllSaved(event.submitter)) {
      // Nothing is left to say: the next step comes by itself, without a way there and back for nothing.
      event.preventDefault();
      this.#sending = true;
      location.assign(this.#page.dataset.next);
      return;
    }
    if (online && !this.#busy && !this.#message) {
      this.#leave();
      return;
    }
    event.preventDefault();
    const answer = this.#busy ? await new Promise((told) => this.#waiting.push(told)) : { status: 0 };
    const wrong = Object.entries(answer.body?.fields ?? {}).find(([, state]) => state !== "ok");
    // Somebody else had written meanwhile: what could be brought together has been, and the form says the rest.
    const told = answer.status === 200 || (answer.body?.reason === "stale" && !this.#dirty.some((question) => question.conflict));
    if (!told) this.#leaveLater(event.submitter);
    // Told just now: it is there to be seen before one goes on.
    else if (wrong) this.#form.querySelector(`[data-question="${wrong[0]}"] [name^="${wrong[0]}"]`)?.focus();
    else this.#form.requestSubmit(event.submitter);
  }

  #isAllSaved(button) {
    if (!button || button.name || this.#busy || this.#message || this.#dirty.length) return false;
    // What only the form itself sends: reasons, what is carried and confirmed by going on.
    return !this.#form.querySelector("[data-carried]") && !changedBeside(this.#form).length;
  }

  // The form itself says everything: what is kept here is only there in case it doesn't arrive.
  #leave() {
    this.#sending = true;
    clearTimeout(this.#timer);
    for (const question of this.#dirty) {
      question.leaving = question.typed;
      this.#keeping.keep(question, { posted: true });
    }
  }

  // No line: what was typed stays on the device, and the next step can be opened from there.
  #leaveLater(button) {
    if (this.#signedOut || this.#dirty.some((question) => question.conflict)) return;
    if (button && !button.name && this.#keeping.works && this.#page.dataset.next) location.assign(this.#page.dataset.next);
    else this.#told.state(this.#unsaved("offline"));
  }
}

const page = document.querySelector("[data-autosave]");
if (page) new Autosave(page).start();
