// What a page keeps on this device until the server has it, and what it finds there when it opens.

import { asText, inWords, read, same, write } from "./answers.js";
import * as device from "./device.js";
import { Question } from "./question.js";
import { addRow, entriesOf } from "./rows.js";

const REPLY = "_reply-";
const WEEK = 7 * 24 * 3600 * 1000; // milliseconds after which what has lost its page is not waited for any more

export class Keeping {
  works = true; // whether this device keeps what it is given
  #page; // { person, sheet, revision }
  #named = device.tab(); // what this tab is called
  constructor(page) {
    this.#page = page;
    this.#named.catch(() => { this.works = false; });
  }

  // Out: once what was told is written (a sensitive answer never is).
  keep(question, more = {}) {
    const { block } = question;
    block?.toggleAttribute("data-waiting", question.dirty);
    if (block && "sensitive" in block.dataset) return Promise.resolve();
    const entry = question.dirty || question.leaving !== undefined ? { ...question.entry(), revision: Number(this.#page.revision), ...more } : null;
    return this.#told((key) => (entry ? device.keep({ ...key, ...entry }) : device.drop({ ...key, question: question.id })));
  }

  // Words that only the form itself sends (the reason of a figure that is confirmed).
  keepApart(control) {
    const { name: question, value: said, defaultValue: seen } = control;
    const entry = { question, label: control.labels[0]?.textContent.trim() ?? "", said, seen, sent: [], at: Date.now() };
    return this.#told((key) => (said === seen ? device.drop({ ...key, question }) : device.keep({ ...key, ...entry })));
  }

  // Puts back what a cut has left, in the order in which it was typed; page: how Autosave answers for its questions.
  // Answers once what lay there is put back; what a tab still holds comes when it dies.
  async restore(page) {
    try {
      const tab = await this.#named;
      await device.adopt(tab, (entries) => this.#putAllBack(page, entries, tab), this.#page.person, this.#page.sheet);
    } catch {
      this.works = false;
    }
  }

  async #putAllBack(page, entries, tab) {
    const labels = [];
    for (const entry of entries.sort((one, other) => one.at - other.at)) {
      const put = await this.#putBack(page, entry, tab);
      // What was typed on another step is not shown here: it only leaves from here.
      if (put && (page.question(entry.question)?.block || page.control(entry.question))) labels.push(entry.label);
    }
    if (entries.length) page.found(labels);
  }

  async #told(work) {
    try {
      await work({ person: this.#page.person, sheet: this.#page.sheet, tab: await this.#named });
      this.works = true;
    } catch {
      this.works = false;
    }
  }

  async #putBack(page, entry, tab) {
    const question = page.question(entry.question);
    // A reply is sent from whatever page; other words wait for the page that has their control.
    const apart = entry.question.startsWith("_") && !entry.question.startsWith(REPLY);
    if (apart && !page.control(entry.question) && Date.now() - entry.at < WEEK) return false;
    const put = apart ? this.#putApart(page, entry) : question?.block ? putInto(page, question, entry, this.#page.revision) : page.meetElsewhere(Question.of(entry));
    const now = page.question(entry.question);
    if (now) await this.keep(now);
    // The entry of a tab that is gone is this tab's now.
    if (entry.tab !== tab || (apart && !put)) await device.drop(entry);
    return put && !entry.posted;
  }

  #putApart(page, entry) {
    const control = page.control(entry.question);
    if (!control || control.value === entry.said || control.defaultValue !== entry.seen) return false;
    control.value = entry.said;
    this.keepApart(control);
    return true;
  }
}

function putInto(page, question, entry, revision) {
  if (same(entry.said, question.said) || same(entry.said, question.typed)) return false;
  // Typed since, or found twice: both are there to be read.
  if (question.dirty) return page.offer([[entry.label, asText(entry.said)]]);
  const theirs = inWords(question.block);
  makeRoom(question.block, entry.said);
  write(question.block, entry.said);
  question.sent = entry.sent;
  question.typed = read(question.block);
  // The page is older than what was typed (it was kept for the day without a line): the server will judge.
  if (entry.revision > revision) question.goOnFrom(entry);
  else if (!question.follows(entry)) page.quarrel(question, { mark: question.mark, text: theirs });
  return question.dirty;
}

function makeRoom(block, said) {
  if (!block.querySelector(".rows") || typeof said !== "object") return;
  const wanted = Math.max(...Object.keys(said).map((name) => Number(/^(\d+)-/.exec(name)?.[1] ?? -1) + 1));
  while (entriesOf(block).length < wanted) addRow(block);
}
