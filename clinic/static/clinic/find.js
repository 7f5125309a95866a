// The box to find a patient: "/" from anywhere, arrow keys through what is found, Escape back.
// htmx fetches the list; without this script the form leads to a page with it.

const find = document.querySelector("[data-find]");
const text = find.querySelector("#find-text");
const list = find.querySelector("#find-found");
const said = find.querySelector("[data-find-said]");
let before = null;

function isTyping(target) {
  return target.isContentEditable
    || target.matches('textarea, select, input:not([type="radio"], [type="checkbox"])');
}

function show() {
  list.hidden = !text.value.trim() || !list.childElementCount;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  // Turned off, or the sheet of keys is open: see keys.js.
  if (document.documentElement.dataset.keys === "off" || event.target.closest("dialog")) return;
  if (isTyping(event.target)) return;
  event.preventDefault();
  text.focus();
  text.select();
});

find.addEventListener("focusin", (event) => {
  if (find.contains(event.relatedTarget)) return;
  before = event.relatedTarget;
  show();
});
find.addEventListener("focusout", (event) => {
  if (!find.contains(event.relatedTarget)) list.hidden = true;
});

function goBack() {
  text.value = "";
  list.replaceChildren();
  said.textContent = "";
  const place = before && before.isConnected ? before : document.querySelector("main");
  place.focus({ preventScroll: true });
}

function step(by) {
  const links = [...list.querySelectorAll("a")];
  const stops = [text, ...links];
  const here = stops.indexOf(document.activeElement);
  stops[(here + by + stops.length) % stops.length].focus();
}

find.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") goBack();
  else if (event.key === "ArrowDown" && !list.hidden) step(1);
  else if (event.key === "ArrowUp" && !list.hidden) step(-1);
  else return;
  event.preventDefault();
});

// An answer that comes when the box was left, or emptied, is nobody's any more; and whoever goes
// through what was found already does not lose it.
list.addEventListener("htmx:beforeSwap", (event) => {
  if (document.activeElement !== text || !text.value.trim()) event.detail.shouldSwap = false;
});
list.addEventListener("htmx:afterSwap", () => {
  const found = list.querySelector("[data-said]");
  said.textContent = found ? found.dataset.said : "";
  show();
});
text.addEventListener("input", () => {
  if (!text.value.trim()) list.replaceChildren();
  show();
});
