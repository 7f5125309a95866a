// Where the keyboard goes on when a staff page comes: at what is wrong, at the line of a list that
// was worked on (or the one in its place now), at what was said, or else at the page's heading.

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

// Of the part that a link asked for, or of the page.
function heading() {
  const found = document.getElementById(location.hash.slice(1)) ?? main.querySelector("h1") ?? main;
  if (!found.matches("a, button, input, [tabindex]")) found.tabIndex = -1;
  return found;
}

// What is wrong, or was said, takes the focus itself; but on a list the work goes on at its line.
const line = main.querySelector("[autofocus]:not(.messages)") ? null : workedOn();
if (line) {
  const said = main.querySelector(".messages");
  if (said) {
    said.id = "said";
    line.setAttribute("aria-describedby", "said");
  }
  line.focus();
} else if (document.activeElement === document.body && !main.querySelector("[autofocus]")) {
  heading().focus({ preventScroll: !location.hash });
}
