// What is done after a while: words that are kept as they are typed, and the wait before another try.

const TYPING = 400; // milliseconds

// A file is written with its words: not at every key.
export function keepTyped(root, keep) {
  let typing = 0;
  const now = () => {
    clearTimeout(typing);
    typing = 0;
    keep();
  };
  root.addEventListener("input", () => { typing ||= setTimeout(now, TYPING); });
  root.addEventListener("change", now);
  addEventListener("pagehide", () => { if (typing) now(); });
}

// Ends after so many seconds, or as soon as there may be a line again. tell: each second those that are left; give: the
// way to end it at once.
export function countdown(left, tell, give) {
  return new Promise((resolve) => {
    const tick = () => {
      if (left <= 0) return wake();
      tell(left);
      left -= 1;
    };
    const clock = setInterval(tick, 1000), woken = new AbortController();
    const wake = () => {
      clearInterval(clock);
      woken.abort();
      resolve();
    };
    give(wake);
    addEventListener("online", wake, woken);
    document.addEventListener("visibilitychange", wake, woken);
    tick();
  });
}
