// What the console does beyond its pages: new lines as they happen, keys, copying, and forms that speak JSON.
// Whatever comes from the wire becomes text nodes and attributes, never markup.
"use strict";

const byId = (id) => document.getElementById(id);

// ---- the sandbox's clock ----

const clock = { ahead: 0, offset: "+08:00" };

function hearTime({ now, ahead }) {
  clock.ahead = Date.parse(now) - Date.now();
  clock.offset = now.slice(19);
  byId("ahead").hidden = ahead === "0s";
  byId("ahead").textContent = `${ahead} ahead`;
  showTime();
}

function showTime() {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(clock.offset) ?? [0, "+", 0, 0];
  const shift = (sign === "-" ? -1 : 1) * (hours * 60 + Number(minutes)) * 60_000;
  const there = new Date(Date.now() + clock.ahead + shift).toISOString().slice(0, 19);
  byId("clock").dateTime = there + clock.offset;
  byId("clock").textContent = there.slice(11);
  byId("clock").parentElement.title = `The sandbox's clock: ${there}${clock.offset}`;
}

// ---- new lines ----

const list = byId("entries");
const timeline = byId("timeline");
const pill = byId("pill");
const MOST_LINES = 1000;
const waiting = [];
let source = null;
let last = null;
let missed = 0;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

// The same as templates/console/badge.html.
function badgeOf(entry) {
  const badge = element("span", `badge ${entry.tone}`);
  const words = element("span", "");
  for (const [place, part] of entry.verdict.split(/(?<=_)/).entries()) {
    if (place > 0) words.append(document.createElement("wbr"));
    words.append(part);
  }
  badge.append(words);
  if (entry.status) {
    const letter = element("span", "letter", entry.status);
    letter.title = "resultStatus";
    badge.append(" ", letter);
  }
  return badge;
}

// The same as templates/console/row.html.
function line(entry) {
  const row = element("li", "entry");
  row.dataset.number = entry.number;
  row.dataset.kind = entry.kind;
  const when = element("time", "when", entry.time.slice(11, 19));
  when.dateTime = entry.time;
  when.title = entry.time;
  const what = element("span", "what");
  const title = element(entry.href ? "a" : "span", "title", entry.title);
  if (entry.href) title.href = entry.href;
  what.append(title);
  if (entry.fault) what.append(" ", element("span", "badge wait", `fault ${entry.fault}`));
  what.append(" ", element("span", "detail", entry.detail));
  const verdict = element("span", "verdict");
  verdict.append(badgeOf(entry));
  row.append(when, what, element("span", "id", entry.request_id), verdict);
  row.append(element("span", "took", entry.duration));
  return row;
}

function dayLine(day) {
  const time = element("time", "", day);
  time.dateTime = day;
  const made = element("li", "day");
  made.append(time);
  return made;
}

// Whoever has scrolled, or stands in the list, keeps what is before their eyes.
function isReading() {
  return window.scrollY > 80 || list.contains(document.activeElement);
}

function hearEntry(event) {
  const entry = JSON.parse(event.data);
  last = event.lastEventId;
  waiting.push(entry);
  if (waiting.length > MOST_LINES) waiting.shift();
  if (isReading()) {
    showPill();
  } else {
    showWaiting();
  }
}

function showPill() {
  const lost = missed > 0 ? `, ${missed} missed` : "";
  pill.textContent = `${waiting.length} new${lost}`;
  pill.hidden = false;
  byId("said").textContent = `${waiting.length} new entries${lost}`;
}

function showWaiting() {
  // What was missed is not here: the journal has what is left of it.
  if (missed > 0) return location.reload();
  for (const entry of waiting.splice(0)) {
    const row = line(entry);
    row.classList.add("fresh");
    const day = entry.time.slice(0, 10);
    const newest = list.querySelector(".day");
    if (newest?.textContent === day) {
      newest.after(row);
    } else {
      list.prepend(dayLine(day), row);
    }
  }
  while (list.children.length > MOST_LINES) list.lastElementChild.remove();
  pill.hidden = true;
  byId("empty")?.remove();
}

function showState(state, text) {
  byId("live").hidden = false;
  byId("live").dataset.state = state;
  if (byId("live-text").textContent !== text) byId("live-text").textContent = text;
}

// The page of a vaulting is made anew when something happened to it, but not under somebody's hands.
function hearStep(event) {
  const entry = JSON.parse(event.data);
  last = event.lastEventId;
  const isTyping = document.activeElement?.closest("form");
  if (entry.request_id === timeline.dataset.request && !isTyping) location.reload();
}

// A browser opens only few connections to one host: pages that nobody looks at give theirs back.
function listen() {
  if (source || document.hidden) return;
  const url = new URL((list ?? timeline)?.dataset.events ?? "/events", location.href);
  if (last) url.searchParams.set("after", last);
  source = new EventSource(url);
  source.addEventListener("open", () => showState("on", "live"));
  source.addEventListener("error", () => {
    showState("lost", "connection lost");
    // The browser tries again by itself, but not after an answer that is an error.
    if (source?.readyState === EventSource.CLOSED) {
      stopListening();
      setTimeout(listen, 3000);
    }
  });
  source.addEventListener("clock", (event) => hearTime(JSON.parse(event.data)));
  if (timeline) source.addEventListener("entry", hearStep);
  if (!list?.dataset.events) return;
  source.addEventListener("entry", hearEntry);
  source.addEventListener("missed", (event) => {
    missed += JSON.parse(event.data).count;
    showPill();
  });
  source.addEventListener("reset", () => location.reload());
}

function stopListening() {
  source?.close();
  source = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? stopListening() : listen()));
window.addEventListener("pagehide", stopListening);
window.addEventListener("pageshow", listen);
clock.ahead = Date.parse(byId("clock").dateTime) - Date.now();
clock.offset = byId("clock").dateTime.slice(19);
setInterval(showTime, 1000);
listen();

pill?.addEventListener("click", () => {
  showWaiting();
  window.scrollTo({ top: 0 });
  list.querySelector("a.title")?.focus({ preventScroll: true });
});

// ---- keys ----

const dialog = byId("keys");
document.querySelector(".keys-hint").hidden = false;

function move(step) {
  const links = [...(list?.querySelectorAll("a.title") ?? [])];
  if (links.length === 0) return;
  const at = links.indexOf(document.activeElement);
  const next = at === -1 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  links[next].closest("li").scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  n: () => pill && !pill.hidden && pill.click(),
  u: () => document.querySelector("[data-back]")?.click(),
  "/": () => (byId("search") ? byId("search").select() : location.assign("/")),
  "?": () => dialog.showModal(),
};

document.addEventListener("keydown", (event) => {
  // A dialog that was just closed keeps the focus for a moment, but no keys.
  const isTyping = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, dialog[open]");
  if (event.key === "Escape" && event.target === byId("search")) event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// The journal as it was left, with its filter.
for (const back of document.querySelectorAll("[data-back]")) {
  const from = document.referrer && new URL(document.referrer);
  if (from && from.origin === location.origin && from.pathname === "/") back.href = from.pathname + from.search;
}

// ---- copying ----

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const shown = byId(button.dataset.copy).cloneNode(true);
    for (const mark of shown.querySelectorAll(".mark")) mark.remove();
    try {
      await navigator.clipboard.writeText(shown.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

// ---- forms that speak JSON ----

async function ask(method, url, body) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error("the sandbox does not answer: is it still running?");
  }
  const text = await answer.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Said by the status.
  }
  if (!answer.ok) throw new Error(json?.error ?? text.trim().slice(0, 200) ?? `HTTP ${answer.status}`);
  // Unknown paths are the gateway's, which answers 200 with a refusal.
  if (json?.result?.resultStatus === "F") throw new Error(`this sandbox has nothing at ${url}`);
  return json;
}

function say(form, tone, text) {
  const outcome = form.querySelector(".outcome");
  outcome.className = `outcome ${tone}`;
  outcome.textContent = text;
}

function fieldsOf(form, submitter) {
  const fields = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "submit" || field.value === "") continue;
    const text = field.value.trim();
    fields[field.name] = field.dataset.type === "number" ? Number(text) : text;
  }
  if (submitter?.name) fields[submitter.name] = submitter.value;
  return fields;
}

for (const form of document.querySelectorAll("form[data-control]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.ask && !window.confirm(form.dataset.ask)) return;
    try {
      const method = form.dataset.method ?? "POST";
      const fields = method === "DELETE" ? undefined : fieldsOf(form, event.submitter);
      await ask(method, form.dataset.control, fields);
      say(form, "good", form.dataset.done);
      if (form.dataset.then === "rules") await showRules();
    } catch (problem) {
      say(form, "bad", problem.message);
    }
  });
}

async function showRules() {
  const rules = byId("rules");
  const { rules: known } = await ask("GET", rules.dataset.source);
  rules.replaceChildren(...known.map(rule));
}

function rule(shown) {
  const { id, fault, path, times, probability, played } = shown;
  const words = [
    path && `on ${path}`,
    times && `${times} more times`,
    probability && `with chance ${probability}`,
    `played ${played} times`,
  ];
  const item = element("li", "");
  const text = element("span", "");
  text.append(element("strong", "", fault), " ", element("span", "muted small", words.filter(Boolean).join(", ")));
  const button = element("button", "quiet small", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove the fault ${fault}`);
  button.addEventListener("click", async () => {
    await ask("DELETE", `${byId("rules").dataset.source}/${id}`).catch(() => null);
    await showRules();
  });
  item.append(text, button);
  return item;
}

// What each setting does, and its choices where it has some.
const SETTINGS = {
  profile: {
    hint: "sandbox: sent once. production: sent again after 2 min, 10 min, 10 min, 1 h, 2 h, 6 h and 15 h, until it is acknowledged.",
    choices: ["sandbox", "production"],
  },
  duplicate: { hint: "every attempt is sent twice" },
  delay: { hint: "How long after the end of a vaulting, on the sandbox's clock: 90s, 15m, at most 7d." },
  drop: { hint: "So many of the next attempts are not sent." },
  corrupt_body: { hint: "changed after it was signed" },
  wrong_key: { hint: "signed with a key that is not the gateway's" },
  wrong_client_id: { hint: "addressed to another client, and signed so" },
  before_the_answer: { hint: "vaultPaymentMethod answers after the first attempt" },
  accept_changed_repeats: { hint: "a vaultingRequestId with other fields gets the stored answer" },
  rate_limit: { hint: "Requests a second; beyond, REQUEST_TRAFFIC_EXCEED_LIMIT. Empty: no limit." },
  session_lifetime: { hint: "For new sessions: 90s, 1h, 2h30m." },
};

// A form for whatever settings there are: switches, choices, numbers and texts.
async function showSettings(form) {
  const settings = await ask("GET", form.dataset.settings);
  const fields = Object.entries(settings).map(([name, value]) => settingField(form, name, value));
  const outcome = form.querySelector(".outcome");
  outcome.textContent = "";
  form.replaceChildren(...fields, outcome);
}

function settingField(form, name, value) {
  const words = name.replaceAll("_", " ");
  const { hint, choices } = SETTINGS[name] ?? {};
  const input = document.createElement(choices ? "select" : "input");
  for (const choice of choices ?? []) input.append(new Option(choice));
  input.id = `${form.dataset.settings}-${name}`;
  const label = element("label", "", words[0].toUpperCase() + words.slice(1));
  label.htmlFor = input.id;
  if (typeof value === "boolean") {
    input.type = "checkbox";
    input.checked = value;
  } else {
    input.value = value ?? "";
    input.autocomplete = "off";
  }
  input.addEventListener("change", async () => {
    const text = input.value.trim();
    const isNumber = typeof value !== "string" && /^\d+$/.test(text);
    const typed = text === "" ? null : isNumber ? Number(text) : text;
    try {
      await ask("PATCH", form.dataset.settings, { [name]: input.type === "checkbox" ? input.checked : typed });
      say(form, "good", form.dataset.done);
    } catch (problem) {
      say(form, "bad", problem.message);
    }
  });
  const isSwitch = input.type === "checkbox";
  const field = element("div", isSwitch ? "switch" : "field");
  field.append(...(isSwitch ? [input, label] : [label, input]));
  if (hint && isSwitch) {
    label.append(" ", element("span", "muted small", hint));
  } else if (hint) {
    const text = element("p", "hint", hint);
    text.id = `${input.id}-hint`;
    input.setAttribute("aria-describedby", text.id);
    field.append(text);
  }
  return field;
}

for (const form of document.querySelectorAll("form[data-settings]")) {
  form.addEventListener("submit", (event) => event.preventDefault());
  showSettings(form).catch((problem) => say(form, "bad", problem.message));
}

if (byId("rules")) showRules().catch(() => null);
