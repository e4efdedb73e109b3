// What the server has not acknowledged is kept on this device, by person, sheet and tab.
// An entry: { person, sheet, tab, question, label, said, seen (the mark on which it was typed),
// sent (answers that left and may have arrived), at }.

const TAB = "recueil-tab";
let opening = null;

function open() {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open("recueil", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("answers", { keyPath: ["person", "sheet", "tab", "question"] });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opening;
}

// The promise of the transaction, not of the request: what has been told as kept is kept.
async function within(mode, act) {
  const base = await open();
  return new Promise((done, failed) => {
    const work = base.transaction("answers", mode, { durability: "relaxed" });
    const asked = act(work.objectStore("answers"));
    work.commit?.(); // at once: a page that is left a moment later has it kept
    work.oncomplete = () => done(asked?.result);
    work.onerror = work.onabort = () => failed(work.error);
  });
}

export const keep = (entry) => within("readwrite", (store) => store.put(entry));
export const drop = ({ person, sheet, tab, question }) => within("readwrite", (store) => { store.delete([person, sheet, tab, question]); });

const of = (...start) => IDBKeyRange.bound(start, [...start, []]);
export const left = (...start) => within("readonly", (store) => store.getAll(of(...start)));
export const forget = (person) => within("readwrite", (store) => { store.delete(of(person)); });

// A tab has a name as long as it lives, reloaded or not; a copy of a tab gets a name of its own.
export async function tab() {
  let name = sessionStorage.getItem(TAB);
  if (!name || !(await hold(name))) {
    name = crypto.getRandomValues(new Uint32Array(2)).join("-");
    sessionStorage.setItem(TAB, name);
    await hold(name);
  }
  return name;
}

function hold(name) {
  if (!navigator.locks) return true;
  return new Promise((told) => {
    navigator.locks.request(`${TAB}-${name}`, { ifAvailable: true }, (lock) => {
      told(Boolean(lock));
      return lock ? new Promise(() => {}) : null;
    });
  });
}

// Hands over the entries that no open tab looks after: at once, and those of another tab when it dies.
export async function adopt(own, take, ...start) {
  const entries = await left(...start);
  const others = [...new Set(entries.map((entry) => entry.tab))].filter((name) => name !== own);
  await take(entries.filter((entry) => entry.tab === own));
  for (const name of others) {
    const given = async () => take((await left(...start)).filter((entry) => entry.tab === name));
    if (!navigator.locks) await given();
    else if (!(await inIts(name, given, { ifAvailable: true }))) inIts(name, given).catch(() => {});
  }
}

// Acts in the name of a tab that is no longer there.
const inIts = (name, act, options = {}) => navigator.locks.request(`${TAB}-${name}`, options, async (lock) => {
  if (lock) await act();
  return Boolean(lock);
});
