// The line to the server: one request at a time, and what became of it.

const PATIENCE = 30_000; // milliseconds for an answer
const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds between two tries

// Out: { status, body, wait }. Status 0: no answer came; wait: seconds that the server asks for.
export async function send(address, token, message, keepalive = false) {
  try {
    const answer = await fetch(address, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(PATIENCE),
      redirect: "error",
      keepalive,
    });
    return { status: answer.status, body: await answer.json(), wait: Number(answer.headers.get("Retry-After")) };
  } catch {
    return { status: 0, body: {}, wait: 0 };
  }
}

// Who has signed in now: { user, csrf_token }, null where nobody answers.
export async function who(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

// Tries again after a pause that grows, at once when the line or the person comes back.
export class Later {
  #act;
  #tries = 0;
  #timer = 0;
  constructor(act) {
    this.#act = act;
    addEventListener("online", () => this.#now());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#now(); });
  }
  // Whether the last try failed.
  get waits() {
    return this.#tries > 0;
  }
  #now() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#act();
  }
  again(seconds = 0) {
    const pause = Math.max(seconds, PAUSES[Math.min(this.#tries, PAUSES.length - 1)]);
    this.#tries += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#timer = 0; this.#act(); }, pause * 1000);
  }
  well() {
    this.#tries = 0;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
