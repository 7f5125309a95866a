// Where the keyboard goes on when a staff page comes: at what is wrong, at the line of a list that
// was worked on (or the one in its place now), or else at the page's heading.

const WORKED_ON = "clinic-worked-on";
const main = document.querySelector("main");

function linesOf(list) {
  const named = main.querySelector(`[aria-labelledby="${list}"]`);
  return named ? [...named.querySelectorAll("li")].filter((each) => each.checkVisibility()) : [];
}

function isOf(button, { action, value }) {
  return button.form?.getAttribute("action") === action && button.value === value && button.checkVisibility();
}

main.addEventListener("submit", ({ target, submitter }) => {
  const line = target.closest("li");
  const list = line?.closest("[aria-labelledby]")?.getAttribute("aria-labelledby");
  if (!list) return;
  sessionStorage.setItem(WORKED_ON, JSON.stringify({
    page: location.pathname,
    list,
    at: linesOf(list).indexOf(line),
    action: target.getAttribute("action"),
    value: submitter?.value,
  }));
});

function workedOn() {
  const before = JSON.parse(sessionStorage.getItem(WORKED_ON) ?? "null");
  sessionStorage.removeItem(WORKED_ON);
  if (before?.page !== location.pathname) return null;
  const lines = linesOf(before.list);
  const same = [...main.querySelectorAll("form button")].find((each) => isOf(each, before));
  return same ?? lines[Math.min(before.at, lines.length - 1)]?.querySelector("button, a");
}

function heading() {
  const found = main.querySelector("h1") ?? main;
  found.tabIndex = -1;
  return found;
}

// A page that was asked for by a link to a part of it, or that has something wrong, is there already.
const isThere = location.hash || main.querySelector("[autofocus]") || document.activeElement !== document.body;
const line = workedOn();
if (!isThere) {
  const place = line ?? heading();
  const said = main.querySelector(".messages");
  if (said) {
    said.id = "said";
    place.setAttribute("aria-describedby", "said");
  }
  place.focus({ preventScroll: !line });
}
