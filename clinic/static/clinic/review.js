// Next, previous and decide by keys, on the page of a held case. Everything works without.
"use strict";

function follow(name) {
  const link = document.querySelector(`[data-key="${name}"]`);
  if (link) link.click();
}

// A decision that is folded away is opened first.
function decision() {
  const panel = document.querySelector("#decide");
  if (panel instanceof HTMLDetailsElement) panel.open = true;
  return panel;
}

function choose(number) {
  const panel = decision();
  const radio = panel && panel.querySelectorAll('input[name="kind"]')[number - 1];
  if (!radio) return;
  radio.checked = true;
  radio.focus();
}

function write() {
  const panel = decision();
  if (panel) panel.querySelector('textarea[name="reason"]').focus();
}

const KEYS = {
  n: () => follow("next"),
  p: () => follow("previous"),
  l: () => follow("list"),
  w: write,
};

function isTyping(target) {
  return target.matches('textarea, select, input:not([type="radio"], [type="checkbox"])');
}

document.addEventListener("keydown", (event) => {
  // Turned off, or the sheet of keys is open: see keys.js.
  if (document.documentElement.dataset.keys === "off" || event.target.closest("dialog")) return;
  if (event.isComposing || event.altKey || event.metaKey) return;
  const form = event.target.closest("#decide form");
  if (event.ctrlKey) {
    if (event.key === "Enter" && form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (isTyping(event.target)) return;
  const act = KEYS[event.key] || (/^[1-5]$/.test(event.key) && (() => choose(Number(event.key))));
  if (!act) return;
  event.preventDefault();
  act();
});
