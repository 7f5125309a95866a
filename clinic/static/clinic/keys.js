// The sheet of keys: "?" opens it on any staff page, and closes it; the browser gives the focus back.
// Whether keys are used at all stands on the root element, for the scripts of the pages.

const sheet = document.querySelector("[data-keys]");
const use = sheet.querySelector("[data-keys-on]");
const opener = document.querySelector("[data-keys-open]");
const STORED = "clinic-keys-off";

function tell() {
  document.documentElement.dataset.keys = use.checked ? "on" : "off";
}

use.checked = localStorage.getItem(STORED) === null;
tell();
use.addEventListener("change", () => {
  if (use.checked) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, "1");
  tell();
});

opener.hidden = false;
opener.addEventListener("click", () => sheet.showModal());

function isTyping(target) {
  return target.isContentEditable
    || target.matches('textarea, select, input:not([type="radio"], [type="checkbox"])');
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
  if (sheet.open) sheet.close();
  else if (use.checked) sheet.showModal();
  else return;
  event.preventDefault();
});
