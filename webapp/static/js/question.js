// One question while it is being answered: what the server has, what stands on the page, what is on its way.

import { alike, edit, read, same, stored } from "./answers.js";

const LONG = 400; // characters from which only what was typed is sent

export class Question {
  constructor({ id, label, block = null, said, typed = said, mark = "", sent = [] }) {
    Object.assign(this, { id, label, block, said, typed, mark, sent });
    this.leaving = undefined; // the answer that is on its way
    this.conflict = null; // { mark, text } of an answer that came in between
    this.whole = false; // an edit was not understood: the whole text is wanted
    this.refused = undefined; // words that the server doesn't take as they are
  }

  static in(block) {
    const question = new Question({ id: block.dataset.question, label: block.dataset.label, block });
    question.settle();
    // A page that was refused shows what was typed, not what is stored.
    if ("unsaved" in block.dataset || "theirs" in block.dataset) question.said = null;
    return question;
  }

  // Of another step: it needs no place on this page to be sent.
  static of({ question: id, label, said: typed, seen: mark, sent }) {
    return new Question({ id, label, said: null, typed, mark, sent });
  }

  // What stands on the page is what the server has.
  settle() {
    this.typed = this.said = read(this.block);
    this.mark = this.block.querySelector("[name=_seen]").value.slice(this.id.length + 1);
    this.sent = [];
    this.leaving = undefined;
    this.conflict = null;
  }

  get dirty() {
    return !same(this.typed, this.said);
  }

  // Whether it stays unsaved until its person does something about it.
  get stuck() {
    return Boolean(this.conflict) || (this.refused !== undefined && same(this.refused, this.typed));
  }

  // What to say of the first that is stuck, and where it stands; nothing where none is.
  static firstStuck(questions) {
    const stuck = questions.filter((question) => question.stuck);
    const quarrel = stuck.find((question) => question.conflict);
    return quarrel ? ["conflict", `theirs-${quarrel.id}`] : stuck.length ? ["wrong", stuck[0].id] : [];
  }

  // What is typed beside an answer (a reply) is short, and leaves whole.
  get beside() {
    return this.id.startsWith("_");
  }

  // Puts itself into a message.
  leave(message) {
    this.leaving = this.typed;
    if (this.mark) message.seen[this.id] = this.mark;
    const texts = typeof this.typed === "string" && typeof this.said === "string" && !this.beside;
    const changed = texts && !this.whole && this.mark && this.said.length > LONG ? edit(this.said, this.typed) : null;
    if (changed && changed[2].length < this.typed.length / 2) message.edits[this.id] = changed;
    else message.answers[this.id] = this.typed;
  }

  // The server has what was on its way.
  arrive(mark) {
    this.said = this.leaving;
    this.mark = mark;
    this.sent = [];
    this.leaving = undefined;
    this.whole = false;
    this.refused = undefined;
    if (!this.block) return;
    this.block.querySelector("[name=_seen]").value = `${this.id}:${mark}`;
    stored(this.block, this.said);
  }

  // The server has read what was on its way, and doesn't take it.
  refuse() {
    this.refused = this.leaving;
    this.leaving = undefined;
  }

  // What to keep on the device.
  entry() {
    const { id: question, label, typed: said, mark: seen, leaving } = this;
    const sent = leaving === undefined || this.sent.some((one) => same(one, leaving)) ? this.sent : [...this.sent, leaving];
    this.sent = sent;
    return { question, label, said, seen, sent, at: Date.now() };
  }

  // The other answer was chosen: there is nothing left to say.
  forget() {
    this.typed = this.said = this.leaving = undefined;
    this.conflict = null;
  }

  // What the server has is not known, but on what this was typed is.
  goOnFrom({ seen }) {
    this.mark = seen;
    this.said = null;
  }

  // Whether what was kept was typed on what the server has now, or on what this device had sent itself.
  follows(entry) {
    return entry.seen === this.mark || entry.sent.some((one) => alike(one, this.said));
  }
}
