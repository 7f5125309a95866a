// Says how long a time is still kept: by the minute, and aloud only once. The page works without.
"use strict";

const shown = document.querySelector("[data-countdown]");
const kept = document.querySelector("[data-countdown-kept]");
const said = document.querySelector("[data-countdown-says]");
// By the clock, not by counting: a phone that slept wakes up with the right time left.
const ends = Date.now() + Number(shown.dataset.countdown) * 1000;

function show() {
  const left = (ends - Date.now()) / 1000;
  if (left <= 0) {
    kept.hidden = true;
    shown.textContent = shown.dataset.over;
    return;
  }
  const words = shown.dataset.left.replace("{minutes}", Math.ceil(left / 60));
  if (shown.textContent !== words) shown.textContent = words;
  if (left <= 60 && !said.textContent) said.textContent = said.dataset.countdownSays;
  setTimeout(show, 1000);
}

show();
