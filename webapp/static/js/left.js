// The list of sheets says where answers of this device still wait to be saved: opening the sheet sends them.

import { left } from "./device.js";

const place = document.querySelector("[data-left]");

async function tell() {
  const entries = await left(place.dataset.person);
  const links = [...new Set(entries.map((entry) => entry.sheet))]
    .map((sheet) => document.querySelector(`a[href="/fiches/${sheet}"]`))
    .filter(Boolean);
  if (!links.length) return;
  const made = place.querySelector("template").content.cloneNode(true);
  for (const link of links) {
    const line = document.createElement("li"), way = document.createElement("a");
    way.href = link.href;
    way.textContent = link.textContent.trim();
    line.append(way);
    made.querySelector("ul").append(line);
  }
  place.append(made);
}

if (place) tell().catch(() => {});
