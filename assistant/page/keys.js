// The keys that the sheet tells of (keys_html.py). Runs once, when the page has loaded (js_on_load of a gr.HTML).
// None of them does anything while somebody types, while a dialogue is open, or with Ctrl, Alt or Meta.
const sheet = () => document.querySelector("dialog.keys");
const box = () => document.querySelector("#question textarea");
const OFF = "footnote-keys-off"; // in this browser: single letters do nothing
const FIELD = "textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio]):not([type=file])";

function showSheet() {
  sheet().querySelector("[name=letters]").checked = !localStorage.getItem(OFF);
  sheet().showModal();
}

// A tab is drawn after the address has changed; what is hidden can't have the focus.
function write(until = performance.now() + 2000) {
  if (document.querySelector("#desk").dataset.tab !== "Ask") location.hash = "#ask";
  box().focus();
  if (document.activeElement !== box() && performance.now() < until) requestAnimationFrame(() => write(until));
}

function begin() {
  write();
  document.querySelector("#masthead .new").click();
}

// From the answer that has the focus, else from the one at the top of what is seen; at the conversation's end
// from the last, which a short answer can't bring to the top.
function step(by) {
  const turns = [...document.querySelectorAll("#earlier .turn, #now .turn")].filter((turn) => turn.checkVisibility());
  if (!turns.length) return;
  const conversation = document.querySelector("#conversation");
  const atEnd = conversation.scrollTop + conversation.clientHeight >= conversation.scrollHeight - 8;
  const top = conversation.getBoundingClientRect().top;
  let at = turns.indexOf(document.activeElement.closest(".turn"));
  if (at < 0 && atEnd) at = turns.length - 1;
  if (at < 0) at = turns.findLastIndex((turn) => turn.getBoundingClientRect().top <= top + 8);
  if (at + by < 0) document.querySelector("#earlier .earlier-turns")?.click(); // the next press goes on there
  const turn = turns[Math.min(Math.max(at + by, 0), turns.length - 1)];
  turn.tabIndex = -1;
  turn.scrollIntoView({ block: "start" });
  turn.focus({ preventScroll: true });
}

function openTab(number) {
  const link = document.querySelectorAll("#masthead nav a")[number - 1];
  if (link) location.hash = link.getAttribute("href");
  return Boolean(link);
}

function conversations() {
  const past = document.querySelector("#masthead .past");
  if (past?.checkVisibility()) past.click();
}

const DOES = {
  "?": showSheet,
  "/": () => write(),
  n: begin,
  c: conversations,
  j: () => step(1),
  k: () => step(-1),
};

// On the window and before all others: what closes the sheet, or leaves the question, closes nothing else.
addEventListener(
  "keydown",
  (event) => {
    if (sheet()?.open && event.key === "Escape") return event.stopImmediatePropagation();
    const nothingOpen = !document.querySelector("#desk")?.dataset.panel && !document.querySelector("#history[data-open]");
    if (event.key === "Escape" && event.target === box() && nothingOpen && !event.isComposing) return box().blur();
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (localStorage.getItem(OFF) || event.target.closest?.(FIELD) || document.querySelector("dialog[open]")) return;
    const does = DOES[event.key] ?? (/^[1-9]$/.test(event.key) ? () => openTab(event.key) : null);
    if (!does) return;
    event.preventDefault();
    does();
  },
  true,
);

document.addEventListener("click", (event) => {
  if (event.target.closest("#masthead .show-keys")) showSheet();
  else if (event.target === sheet() && sheet().open) sheet().close(); // beside it, on what is behind
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("dialog.keys [name=letters]")) return;
  if (event.target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});
