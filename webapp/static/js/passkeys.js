/** Passkeys: asks the browser for one, and hands its answer to the server. Without this script the rest still works. */

const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withIds = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

async function make(question) {
  const key = await navigator.credentials.create({
    publicKey: {
      ...question,
      challenge: bytes(question.challenge),
      user: { ...question.user, id: bytes(question.user.id) },
      excludeCredentials: withIds(question.excludeCredentials),
    },
  });
  return answer(key, {
    clientDataJSON: text(key.response.clientDataJSON),
    attestationObject: text(key.response.attestationObject),
    transports: key.response.getTransports?.() ?? [],
  });
}

async function recognise(question) {
  const key = await navigator.credentials.get({
    publicKey: {
      ...question,
      challenge: bytes(question.challenge),
      allowCredentials: withIds(question.allowCredentials),
    },
  });
  return answer(key, {
    clientDataJSON: text(key.response.clientDataJSON),
    authenticatorData: text(key.response.authenticatorData),
    signature: text(key.response.signature),
    userHandle: key.response.userHandle ? text(key.response.userHandle) : null,
  });
}

const answer = (key, response) => ({
  id: key.id,
  rawId: text(key.rawId),
  type: key.type,
  authenticatorAttachment: key.authenticatorAttachment ?? null,
  clientExtensionResults: {},
  response,
});

async function post(address, token, body) {
  const response = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  return response.json();
}

async function run(box) {
  const { passkey, question, answer: target, token } = box.dataset;
  const asked = await post(question, token, {});
  if (asked.confirm) {
    location.assign(asked.confirm);
    return;
  }
  if (!asked.challenge) throw new Error(asked.message);
  const said = passkey === "make" ? await make(asked) : await recognise(asked);
  const address = new URL(target, location.href);
  const name = box.querySelector("input[name=name]");
  if (name) address.searchParams.set("name", name.value);
  const done = await post(address, token, said);
  if (!done.next) throw new Error(done.message);
  location.assign(done.next);
}

for (const box of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  box.hidden = false;
  const button = box.querySelector("button");
  const error = box.querySelector(".error");
  button.addEventListener("click", async () => {
    button.disabled = true;
    error.hidden = true;
    try {
      await run(box);
    } catch (failure) {
      // A person who closes the browser's window has changed their mind; that is no error.
      if (failure.name !== "NotAllowedError" && failure.name !== "AbortError") {
        error.textContent = failure.message || "La clé d’accès n’a pas répondu. Recommencez.";
        error.hidden = false;
      }
    } finally {
      button.disabled = false;
    }
  });
}
