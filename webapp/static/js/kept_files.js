// Files that are on their way, kept in this browser until they are joined: a closed tab loses nothing.
const WEEK = 7 * 24 * 3600 * 1000; // the server waits no longer either

const memory = new Promise((resolve, reject) => {
  const asked = indexedDB.open("recueil-pieces", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("files", { keyPath: "id" });
  asked.onsuccess = () => {
    asked.result.onversionchange = () => asked.result.close();
    resolve(asked.result);
  };
  asked.onerror = reject;
});

async function ask(act) {
  try {
    const asked = act((await memory).transaction("files", "readwrite").objectStore("files"));
    return await new Promise((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = reject;
    });
  } catch {
    return null; // a browser that keeps nothing: files go up all the same
  }
}

// What was begun and not finished; what is too old goes.
export async function all() {
  const records = await ask((store) => store.getAll()) ?? [];
  records.filter((record) => Date.now() - record.at > WEEK).forEach(forget);
  return records.filter((record) => !record.gone);
}

export const keep = (record) => !record.gone && ask((store) => store.put(record));

export function forget(record) {
  record.gone = true;
  return ask((store) => store.delete(record.id));
}

// Whether another tab has finished with it.
export async function isGone(record) {
  return await ask((store) => store.getKey(record.id)) === undefined;
}

// By which the server knows a file again; only where the address is a safe one.
export async function fingerprint(file) {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
