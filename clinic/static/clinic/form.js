// The intake's form without full page loads: focus, language, waiting, and a lost connection.
// htmx sends the form and puts the new page in place; without this script a browser does both.
"use strict";

const SLOW = 300;
let waiting;

// Any button of the form may have been pressed, also one that stands outside of it.
document.addEventListener("htmx:configRequest", (event) => {
  const pressed = event.detail.triggeringEvent?.submitter;
  if (pressed?.name) event.detail.parameters[pressed.name] = pressed.value;
});

function say(words) {
  const sign = document.querySelector("[data-working]");
  if (sign) sign.textContent = words;
}

document.addEventListener("htmx:beforeRequest", () => {
  document.querySelector("main").setAttribute("aria-busy", "true");
  document.querySelector("[data-unsent]")?.setAttribute("hidden", "");
  clearTimeout(waiting);
  waiting = setTimeout(() => say(document.querySelector("[data-working]")?.dataset.working), SLOW);
});

document.addEventListener("htmx:afterRequest", () => {
  clearTimeout(waiting);
  document.querySelector("main").removeAttribute("aria-busy");
  say("");
});

// What was tapped stays on the page: they can send it again.
function notSent() {
  const notice = document.querySelector("[data-unsent]");
  if (!notice) return;
  notice.removeAttribute("hidden");
  notice.focus();
}
document.addEventListener("htmx:sendError", notSent);
document.addEventListener("htmx:timeout", notSent);

document.addEventListener("htmx:beforeSwap", (event) => {
  const language = event.detail.xhr?.getResponseHeader("Content-Language");
  if (language) document.documentElement.lang = language;
});

// As a new page would: from the top, at what is wrong, or at the heading.
document.addEventListener("htmx:afterSettle", () => {
  const summary = document.querySelector(".error-summary");
  const target = document.getElementById(location.hash.slice(1));
  const heading = document.querySelector("main h1");
  if (!summary && target) return target.focus();
  window.scrollTo(0, 0);
  if (!summary && heading) heading.tabIndex = -1;
  (summary || heading)?.focus({ preventScroll: !summary });
});
