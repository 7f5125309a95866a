// The desk's calendar: drawn from a feed that is asked again every other second, and worked by
// mouse and keys. What a form can do it leaves to the forms in the panel; the server decides.

const place = document.querySelector("[data-calendar]");
const panel = document.querySelector("#panel");
const notice = document.querySelector("#day-notice");
const connection = document.querySelector("[data-connection]");
const titleHeading = document.querySelector("[data-title]");
const dateField = document.querySelector("[data-date]");
const columns = JSON.parse(document.querySelector("#day-columns").textContent);

const REFRESH = Number(place.dataset.refresh);
const UNDO_FOR = 60_000;
// Staff are signed off after as long: what cannot be asked about is not shown for longer.
const SHOWN_FOR = 15 * 60_000;
const SLOT_HEIGHTS = [16, 22, 30, 42, 60];
const STORED = { zoom: "clinic-day-zoom", dense: "clinic-day-dense", view: "clinic-day-view" };
const DOCTOR = "doctor";
const EVERY_COLUMN = columns.map((column) => column.id);

// --- What is remembered -----------------------------------------------------------------------

function stored(name, otherwise) {
  return localStorage.getItem(STORED[name]) ?? otherwise;
}

let opener = null;
let lastSucceeded = false;
let range = null;
let tag = "";
let seen = new Map();
let lastGood = Date.now();
let waiting = 0;
let asking = null;
let offset = place.dataset.offset;
let dragging = false;

let zoom = Math.min(Math.max(Number(stored("zoom", 1)) || 0, 0), SLOT_HEIGHTS.length - 1);
let dense = stored("dense", "") === "1";

// --- What is drawn ----------------------------------------------------------------------------

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function visitEvent(visit) {
  const inDoctorsColumn = visit.column === DOCTOR;
  const classes = ["visit", `visit-${visit.state}`];
  if (visit.is_late) classes.push("visit-late");
  if (!inDoctorsColumn) classes.push("visit-room");
  return {
    id: visit.id,
    resourceIds: [visit.column],
    start: visit.start,
    end: visit.end,
    classNames: classes,
    startEditable: visit.is_movable,
    durationEditable: visit.has_a_length,
    extendedProps: { visit },
  };
}

function shadeEvent(shade) {
  return {
    id: shade.id,
    resourceIds: shade.column ? [shade.column] : EVERY_COLUMN,
    start: shade.start,
    end: shade.end,
    display: "background",
    classNames: [`shade-${shade.kind}`],
    extendedProps: { shade },
  };
}

// A real button: the whole of it for a screen reader, and beside that what fits.
function content({ event }) {
  const { visit, shade } = event.extendedProps;
  if (shade) return { domNodes: shade.words ? [span("shade-words", shade.words)] : [] };
  if (!visit) return undefined;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "visit-open";
  button.dataset.event = visit.id;
  const shown = span("visit-shown", "");
  shown.setAttribute("aria-hidden", "true");
  shown.append(span("visit-who", visit.who));
  if (visit.column === DOCTOR) {
    shown.append(span("visit-state", visit.is_late ? visit.mark : visit.state_name));
    shown.append(span("visit-clock", visit.clock), span("visit-kind", visit.kind));
    if (visit.mark && !visit.is_late) shown.append(span("visit-mark", visit.mark));
  } else shown.append(span("visit-clock", visit.clock));
  button.append(span("visually-hidden", visit.name), shown);
  return { domNodes: [button] };
}

// The package marks its grid as a table, and puts what is no cell into it. Each visit says its own
// day, time and place: nothing else is needed.
function plain() {
  for (const each of place.querySelectorAll("[role], [aria-colindex]")) {
    for (const name of ["role", "aria-colindex", "aria-colspan"]) each.removeAttribute(name);
  }
  for (const each of place.querySelectorAll("h4:not([aria-level])")) each.setAttribute("aria-level", "2");
  // It scrolls, so that it has to be reached by keys.
  const grid = place.querySelector(".ec-main:not([tabindex])");
  grid?.setAttribute("tabindex", "0");
  grid?.setAttribute("aria-label", place.dataset.name);
}
new MutationObserver(plain).observe(place, { childList: true, subtree: true });

// The week is the doctor's; a list says each visit once.
function filtered({ event, view }) {
  if (view.type === "resourceTimeGridDay") return true;
  if (event.display === "background") return view.type === "timeGridWeek" && event.resourceIds.includes(DOCTOR);
  return event.resourceIds[0] === DOCTOR;
}

function hour(text) {
  return `${text.padStart(2, "0")}:00:00`;
}

const opens = Math.max(Number(place.dataset.opens) - 1, 0);
const closes = Math.min(Number(place.dataset.closes) + 1, 24);
const shownHours = { slotMinTime: hour(String(opens)), slotMaxTime: hour(String(closes)) };

const calendar = EventCalendar.create(place, {
  view: stored("view", "resourceTimeGridDay"),
  date: place.dataset.day,
  headerToolbar: { start: "", center: "", end: "" },
  resources: columns,
  locale: document.documentElement.lang === "en" ? "en-US" : document.documentElement.lang,
  firstDay: 1,
  allDaySlot: false,
  nowIndicator: true,
  timeZone: offset,
  pointer: true,
  height: "100%",
  slotDuration: "00:15:00",
  slotLabelInterval: "01:00:00",
  slotLabelFormat: { hour: "numeric" },
  snapDuration: { minutes: Math.min(Number(place.dataset.step), 15) },
  ...shownHours,
  scrollTime: hour(String(Math.max(clinicNow().getUTCHours() - 1, 0))),
  slotEventOverlap: false,
  slotHeight: SLOT_HEIGHTS[zoom],
  eventStartEditable: true,
  eventDurationEditable: true,
  eventLongPressDelay: 400,
  noEventsContent: place.dataset.none,
  views: {
    timeGridWeek: { columnWidth: "minmax(8rem, 1fr)", dayHeaderFormat: { weekday: "short", month: "short", day: "numeric" } },
    resourceTimeGridDay: { columnWidth: "minmax(7rem, 1fr)" },
    listWeek: { listDayFormat: { weekday: "long", month: "long", day: "numeric" }, listDaySideFormat: () => "" },
  },
  eventContent: content,
  eventFilter: filtered,
  dateClick: ({ dateStr }) => openAt(place.dataset.book, dateStr),
  eventDragStart: () => (dragging = true),
  eventDragStop: stopDragging,
  eventResizeStart: () => (dragging = true),
  eventResizeStop: stopDragging,
  eventDrop: (info) => drop(info),
  eventResize: (info) => drop(info),
  dragConstraint: ({ event, newResource }) => !newResource || event.resourceIds.includes(DOCTOR) && newResource.id === DOCTOR,
  datesSet: ({ start, end, view }) => daysShown(start, end, view),
});

// --- The feed ---------------------------------------------------------------------------------

function isoDay(date) {
  const pad = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function wall(date) {
  const pad = (number) => String(number).padStart(2, "0");
  return { day: isoDay(date), clock: `${pad(date.getHours())}:${pad(date.getMinutes())}` };
}

function daysShown(start, end, view) {
  const last = new Date(end.getFullYear(), end.getMonth(), end.getDate() - 1);
  range = { first: isoDay(start), last: isoDay(last) };
  tag = "";
  titleHeading.textContent = titleOf(start, last, view);
  dateField.value = isoDay(start);
  document.querySelectorAll("[data-view]").forEach((button) => {
    if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(button.dataset.view === view.type));
  });
  ask({ background: false });
}

function titleOf(first, last, view) {
  const locale = document.documentElement.lang === "en" ? "en-US" : document.documentElement.lang;
  if (view.type === "resourceTimeGridDay") {
    return new Intl.DateTimeFormat(locale, { weekday: "long", month: "long", day: "numeric" }).format(first);
  }
  return new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", year: "numeric" }).formatRange(first, last);
}

// One question at a time; a newer one for other days takes the older's place.
async function ask({ background }) {
  if (!range) return;
  clearTimeout(waiting);
  asking?.abort();
  const mine = (asking = new AbortController());
  const asked = range;
  const headers = tag ? { "If-None-Match": tag } : {};
  if (background) headers["X-Background"] = "1";
  try {
    const response = await fetch(`${place.dataset.feed}?${new URLSearchParams(asked)}`, {
      headers,
      signal: AbortSignal.any([mine.signal, AbortSignal.timeout(10_000)]),
      cache: "no-store",
      redirect: "error",
    });
    if (response.status === 401 || response.status === 403) return signedOff();
    if (!response.ok && response.status !== 304) throw new Error(String(response.status));
    const found = response.status === 304 ? null : await response.json();
    if (mine.signal.aborted) return;
    answered();
    if (found) {
      tag = response.headers.get("ETag") || "";
      draw(found);
    }
  } catch {
    if (mine.signal.aborted) return;
    // A redirect is a sign-in page: ask as a screen does, which is answered plainly.
    if (!background) return void ask({ background: true });
    lost();
  }
  if (!document.hidden) waiting = setTimeout(() => ask({ background: true }), REFRESH);
}

function answered() {
  lastGood = Date.now();
  if (!place.classList.contains("day-old")) return;
  place.classList.remove("day-old");
  connection.textContent = connection.dataset.back;
  setTimeout(() => {
    if (!place.classList.contains("day-old")) connection.textContent = "";
  }, 4000);
}

function lost() {
  place.classList.add("day-old");
  if (connection.textContent !== connection.dataset.lost) connection.textContent = connection.dataset.lost;
  if (Date.now() - lastGood > SHOWN_FOR) signedOff();
}

// Nothing of the patients stays on the screen.
function signedOff() {
  clearTimeout(waiting);
  document.querySelector("main").replaceChildren();
  location.replace(place.dataset.signIn);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(waiting);
  if (document.hidden) return;
  place.classList.toggle("day-blank", Date.now() - lastGood > SHOWN_FOR);
  ask({ background: true }).then(() => place.classList.remove("day-blank"));
});

function draw(found) {
  if (dragging) {
    tag = "";
    return;
  }
  if (found.offset !== offset) calendar.setOption("timeZone", (offset = found.offset));
  const focused = document.activeElement?.closest?.("[data-event]")?.dataset.event || "";
  showHours(found.visits);
  const now = new Map();
  for (const each of [...found.shades.map(shadeEvent), ...found.visits.map(visitEvent)]) {
    now.set(each.id, { event: each, text: JSON.stringify(each) });
  }
  for (const id of seen.keys()) if (!now.has(id)) calendar.removeEventById(id);
  for (const [id, { event, text }] of now) {
    const before = seen.get(id);
    if (before?.text === text) continue;
    if (before) calendar.updateEvent(event);
    else calendar.addEvent(event);
  }
  seen = now;
  if (focused) setTimeout(() => stayAt(focused));
  tellPanel();
}

// Around the opening hours and every visit, in whole hours: the calendar's own way begins with the
// earliest visit, and then writes 7 AM beside a quarter past.
function showHours(visits) {
  const begins = visits.map(({ start }) => Number(start.slice(11, 13)));
  const ends = visits.map(({ start, end }) => (end.slice(0, 10) > start.slice(0, 10) ? 24 : Number(end.slice(11, 13)) + 1));
  const limits = { slotMinTime: Math.min(opens, ...begins), slotMaxTime: Math.min(Math.max(closes, ...ends), 24) };
  for (const [name, limit] of Object.entries(limits)) {
    const wanted = hour(String(limit));
    if (shownHours[name] !== wanted) calendar.setOption(name, (shownHours[name] = wanted));
  }
}

// A visit that was focused is drawn anew when it, or what stands beside it, has changed.
function stayAt(id) {
  if (document.activeElement === document.body) (eventElement(id) || titleHeading).focus({ preventScroll: true });
}

function askAnew() {
  tag = "";
  ask({ background: false });
}

function tellPanel() {
  const shown = panel.querySelector("[data-visit]");
  const event = shown && seen.get(shown.dataset.visit)?.event;
  const sign = shown?.querySelector("[data-changed]");
  if (sign && event) sign.hidden = String(event.extendedProps.visit.version) === shown.dataset.version;
}

// --- The panel --------------------------------------------------------------------------------

function address(of, id) {
  return of.replace("00000000-0000-0000-0000-000000000000", id);
}

function open(url, values) {
  opener = document.activeElement;
  return htmx.ajax("GET", url, { target: "#panel", swap: "innerHTML", values });
}

function showVisit(visit) {
  if (visit) open(address(place.dataset.visit, visit.visit));
}

function openAt(url, wallClock) {
  const [day, clock] = wallClock.split("T");
  open(url, { day, clock: (clock || "").slice(0, 5) });
}

function closePanel() {
  if (panel.hidden) return;
  const shown = panel.querySelector("[data-visit]")?.dataset.visit;
  panel.replaceChildren();
  panel.hidden = true;
  const back = (shown && eventElement(shown)) || (opener?.isConnected && opener) || titleHeading;
  back.focus();
}

function eventElement(id) {
  return [...place.querySelectorAll("[data-event]")].find((each) => each.dataset.event === id);
}

async function drop({ event, revert }) {
  const { visit } = event.extendedProps;
  const minutes = Math.round((event.end - event.start) / 60_000);
  const token = document.querySelector("[data-token] input").value;
  opener = eventElement(visit.id);
  await htmx.ajax("POST", address(place.dataset.move, visit.visit), {
    target: "#panel",
    swap: "innerHTML",
    values: { ...wall(event.start), minutes, seen: visit.version, csrfmiddlewaretoken: token },
  }).catch(() => {});
  if (!lastSucceeded) revert();
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  lastSucceeded = detail.xhr?.status === 200;
  document.querySelector("main").removeAttribute("aria-busy");
});
document.addEventListener("htmx:beforeRequest", () => {
  document.querySelector("main").setAttribute("aria-busy", "true");
});

// An answer that is no fragment is a page: signed off, or something went wrong.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status >= 500 || xhr.responseText.trimStart().startsWith("<!doctype")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    lastSucceeded = false;
    lost();
  });
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target !== panel) return;
  panel.hidden = panel.childElementCount === 0;
  const wrong = panel.querySelector(".error-summary");
  const unfinished = panel.querySelector("[aria-invalid='true'], .is-invalid");
  const first = panel.querySelector("[autofocus]:not(.error-summary), #id_who");
  const heading = panel.querySelector("[data-panel-title]");
  // Whoever types elsewhere meanwhile, to find somebody say, is not torn away from it.
  const place = panel.hidden ? (opener?.isConnected ? opener : titleHeading) : unfinished || wrong || first || heading;
  if (panel.contains(document.activeElement) || !isTyping(document.activeElement)) place?.focus();
  tellPanel();
  if (detail.requestConfig?.verb !== "get") askAnew();
});

let dropped = 0;

function stopDragging() {
  dragging = false;
  dropped = Date.now();
}

// Letting go of what was dragged is no click.
place.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-event]");
  if (button && Date.now() - dropped > 300) showVisit(seen.get(button.dataset.event)?.event.extendedProps.visit);
});

panel.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) closePanel();
});

// --- Undo -------------------------------------------------------------------------------------

let forgetting = 0;
new MutationObserver(() => {
  clearTimeout(forgetting);
  if (notice.childElementCount) forgetting = setTimeout(() => notice.replaceChildren(), UNDO_FOR);
}).observe(notice, { childList: true });

// --- The bar and the keys ---------------------------------------------------------------------

function setView(name) {
  localStorage.setItem(STORED.view, name);
  calendar.setOption("view", name);
}

function setZoom(step) {
  zoom = Math.min(Math.max(zoom + step, 0), SLOT_HEIGHTS.length - 1);
  localStorage.setItem(STORED.zoom, String(zoom));
  calendar.setOption("slotHeight", SLOT_HEIGHTS[zoom]);
  showSize();
}

function showSize() {
  place.classList.toggle("day-dense", dense);
  document.querySelector("[data-density]").setAttribute("aria-pressed", String(dense));
  for (const button of document.querySelectorAll("[data-zoom]")) {
    const end = Number(button.dataset.zoom) < 0 ? 0 : SLOT_HEIGHTS.length - 1;
    button.setAttribute("aria-disabled", String(zoom === end));
  }
}

function go(where) {
  if (where === "prev") calendar.prev();
  else if (where === "next") calendar.next();
  else calendar.gotoDate(today());
}

// The clinic's clock, whatever the screen's: what it shows is in the UTC fields.
function clinicNow() {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(offset);
  const ahead = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return new Date(Date.now() + ahead * 60_000);
}

function today() {
  return clinicNow().toISOString().slice(0, 10);
}

// Of a day that is not today, from when the doctor is there; today, from now: the server knows.
function shownDay() {
  const day = dateField.value;
  return day && day !== today() ? { day, clock: `${place.dataset.opens}:00` } : {};
}

document.querySelector("[data-bar]").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { go: where, view, zoom: step, open: url, density } = button.dataset;
  if (where) go(where);
  else if (view) setView(view);
  else if (step) setZoom(Number(step));
  else if (url) open(url, shownDay());
  else if (density !== undefined) {
    dense = !dense;
    localStorage.setItem(STORED.dense, dense ? "1" : "");
    showSize();
  }
});

dateField.addEventListener("change", () => {
  if (dateField.value) calendar.gotoDate(dateField.value);
});

function step(by) {
  const all = [...place.querySelectorAll(".visit:not(.visit-room) [data-event]")];
  const here = all.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
  all[next]?.focus();
}

function moveFocused() {
  const id = document.activeElement?.closest("[data-event]")?.dataset.event;
  const visit = id && seen.get(id)?.event.extendedProps.visit;
  if (visit) open(address(place.dataset.move, visit.visit));
}

const KEYS = {
  t: () => go("today"),
  p: () => go("prev"),
  n: () => go("next"),
  d: () => setView("resourceTimeGridDay"),
  w: () => setView("timeGridWeek"),
  l: () => setView("listWeek"),
  j: () => step(1),
  k: () => step(-1),
  m: moveFocused,
  u: () => notice.querySelector("[data-undo]")?.requestSubmit(),
  "+": () => setZoom(1),
  "=": () => setZoom(1),
  "-": () => setZoom(-1),
};
for (const button of document.querySelectorAll("[data-key]")) KEYS[button.dataset.key] = () => button.click();

function isTyping(target) {
  return target.matches('textarea, select, input:not([type="radio"], [type="checkbox"])');
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.metaKey || event.ctrlKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return event.defaultPrevented || closePanel();
  if (document.documentElement.dataset.keys === "off" || isTyping(event.target)) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.querySelector("[data-bar]").hidden = false;
showSize();
