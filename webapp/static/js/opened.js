// Says that a page which was received is open before somebody; opening its address alone says nothing.

const page = document.querySelector("[data-opened]");

async function tell() {
  if (document.hidden) return;
  document.removeEventListener("visibilitychange", tell);
  const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector("[name=csrf_token]").value };
  try {
    await fetch(page.dataset.opened, { method: "POST", headers, keepalive: true, redirect: "error" });
  } catch {
    // Without a line there is nobody to tell.
  }
}

if (page) {
  document.addEventListener("visibilitychange", tell);
  tell();
}
