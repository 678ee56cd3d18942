// Runs once, when the page has loaded (js_on_load of a gr.HTML; `trigger` sends an event to Python).
// Footnotes are links to #cite-<key>; the event "cite" is answered with the article that has the key.
const desk = () => document.querySelector("#desk"); // this may run before it is there
let opener = null; // the footnote that opened the panel, to go back to
let shown = ""; // the turn that was scrolled to
let follow = true; // until the reader scrolls, or goes to an earlier turn

// The article arrives some time after the click; wait for it, then go to its mark.
// While the page is still opening, its own drawing of the panel can come after ours: then it is asked for again.
function reveal(key, step = "", until = performance.now() + 10000, again = performance.now() + 2000) {
  const article = document.querySelector(`#panel [data-key="${CSS.escape(key)}"]`);
  if (!article) {
    const now = performance.now();
    if (desk().dataset.panel && now > again) {
      trigger("cite", { key });
      again = now + 2000;
    }
    if (now < until) requestAnimationFrame(() => reveal(key, step, until, again));
    return;
  }
  const mark = article.querySelector("mark:not(.other)");
  if (!mark) {
    document.querySelector("#panel").scrollTo(0, 0);
    return article.querySelector(".close")?.focus({ preventScroll: true });
  }
  mark.scrollIntoView({ block: "center" });
  // Whoever steps through the quotes goes on stepping, until there is none.
  (article.querySelector(`a[rel="${step}"]`) ?? mark).focus({ preventScroll: true });
}

function openPanel(link) {
  const key = link.getAttribute("href").slice("#cite-".length);
  if (!link.closest("#panel")) opener = link;
  document.querySelectorAll("a.current").forEach((other) => other.classList.remove("current"));
  document.querySelectorAll(`#conversation a[href="#cite-${CSS.escape(key)}"]`).forEach((same) => same.classList.add("current"));
  desk().dataset.panel = "open";
  trigger("cite", { key });
  reveal(key, link.rel);
}

function closePanel() {
  delete desk().dataset.panel;
  if (opener && opener.isConnected) opener.focus();
  trigger("contents");
}

// "Understood as" becomes a field, and back; what is sent from it is asked as it stands.
function reword(turn, open) {
  const form = turn.querySelector("form.reword");
  const field = form.querySelector("textarea");
  turn.querySelector(".understood").hidden = open;
  form.hidden = !open;
  if (!open) {
    field.value = field.defaultValue;
    return turn.querySelector(".edit").focus();
  }
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.reword")) return;
  event.preventDefault();
  const question = event.target.querySelector("textarea").value.trim();
  if (question) trigger("reworded", { question });
});

document.addEventListener("click", (event) => {
  const clicked = event.target.closest('a[href^="#cite-"], .example, .close, .new, .unfilter, .edit, .cancel');
  if (!clicked) return;
  if (clicked.matches("a")) {
    event.preventDefault();
    if (clicked.matches(".permalink")) copy(clicked, { "text/plain": clicked.href });
    else openPanel(clicked);
  } else if (clicked.matches(".example")) trigger("example", { question: clicked.textContent });
  else if (clicked.matches(".edit, .cancel")) reword(clicked.closest(".turn"), clicked.matches(".edit"));
  else if (clicked.matches(".new")) trigger("restart");
  else if (clicked.matches(".unfilter")) trigger("unfilter", { turn: clicked.dataset.turn, drop: clicked.dataset.drop });
  else closePanel();
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.reword");
  if (form && event.key === "Escape") reword(form.closest(".turn"), false);
  else if (form && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape" && event.target.closest?.("#limits details[open]")) {
    const pick = event.target.closest("details");
    pick.open = false;
    pick.querySelector("summary").focus();
  } else if (event.key === "Escape" && desk().dataset.panel) closePanel();
});

// gradio's page has a <base>, so that "#articles" alone would lead away from the conversation in the address.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]:not([href^="#cite-"])');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.hash = link.getAttribute("href");
});

// The address says which tab is open, so that the browser's own way back works.
const TABS = { "#articles": "Articles", "#reports": "Reports", "#model": "Model" };
function openTab() {
  if (!desk()) return requestAnimationFrame(openTab);
  const tab = TABS[location.hash] ?? "Ask";
  const was = desk().dataset.tab;
  desk().dataset.tab = tab;
  document.title = tab === "Ask" ? "Footnote" : `${tab} · Footnote`;
  for (const link of document.querySelectorAll("#masthead nav a"))
    link.textContent === tab ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  delete desk().dataset.panel;
  if (tab === "Ask" && was && was !== tab) trigger("back", { open: Boolean(document.querySelector("#panel .source")) });
}
addEventListener("hashchange", openTab);
openTab();

// An address that ends in #cite-quote-… is a link to a quote: it opens at its words.
function openQuote() {
  const key = location.hash.slice("#cite-".length);
  if (!key.startsWith("quote-")) return;
  if (!document.querySelector("#panel section, #panel article")) return requestAnimationFrame(openQuote);
  desk().dataset.panel = "open";
  trigger("cite", { key });
  reveal(key);
}
addEventListener("hashchange", openQuote);
openQuote();

// Which days and sources may be asked: the menus beside the question. Python hears of each change.
const fieldsOf = (name) => [...document.querySelectorAll(`#limits [name=${name}]`)];
const limit = { first: "", last: "", sources: [] }; // one object: an event that waits sends what it holds by then
const inWords = (day) =>
  new Date(`${day}T12:00`).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });

function limited() {
  const [first, last] = ["first", "last"].map((name) => fieldsOf(name)[0]?.value ?? "");
  const sources = fieldsOf("sources").filter((box) => box.checked).map((box) => box.value);
  Object.assign(limit, { first, last, sources });
  sayLimit();
  trigger("limit", limit);
}

function sayLimit() {
  const { first, last, sources } = limit;
  const ready = document.querySelector(`#limits [data-first="${first}"][data-last="${last}"]`);
  const days = ready ? ready.textContent : first && last ? `${inWords(first)} – ${inWords(last)}` : first ? `since ${inWords(first)}` : last ? `until ${inWords(last)}` : "";
  say("days", days);
  say("sources", sources.length > 2 ? `${sources.length} sources` : sources.join(", "));
}

// The menus are drawn again when the library has changed; what was chosen stays.
function restoreLimit() {
  for (const name of ["first", "last"]) for (const field of fieldsOf(name)) field.value = limit[name];
  for (const box of fieldsOf("sources")) box.checked = limit.sources.includes(box.value);
  sayLimit();
}

function say(pick, chosen) {
  const summary = document.querySelector(`#limits [data-pick="${pick}"] summary`);
  if (!summary) return;
  summary.textContent = chosen || summary.dataset.any;
  summary.classList.toggle("chosen", Boolean(chosen));
}

document.addEventListener("change", (event) => event.target.closest("#limits .sheet") && limited());
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("#limits details[open]")) if (!open.contains(event.target)) open.open = false;
  const button = event.target.closest("#limits .sheet button");
  if (!button) return;
  const pick = button.closest("details");
  for (const box of pick.querySelectorAll("[type=checkbox]")) box.checked = false;
  for (const name of ["first", "last"])
    for (const field of pick.querySelectorAll(`[name=${name}]`)) field.value = button.dataset[name] ?? "";
  pick.open = false;
  pick.querySelector("summary").focus();
  limited();
});

// Keep the question at the top while its answer grows below it.
for (const gesture of ["wheel", "touchmove"])
  document.addEventListener(gesture, () => (follow = false), { passive: true });
document.addEventListener("focusin", (event) => event.target.closest("#earlier, #now a") && (follow = false));
document.addEventListener("pointerdown", (event) => event.target.id === "conversation" && (follow = false)); // its scrollbar
const SCROLLING = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", " "];
document.addEventListener("keydown", (event) => {
  if (SCROLLING.includes(event.key) && !event.target.closest?.("textarea, input, select")) follow = false;
});
let went = ""; // the mark of a question that is gone on with
function keepInView() {
  const now = document.querySelector("#now");
  if (!now) return requestAnimationFrame(keepInView);
  new MutationObserver(() => {
    // Only where it is needed, not whenever a page opens: gradio loses an event that is sent while the stream
    // of the last one is being closed, and a question may come at any time.
    const mark = now.querySelector("[data-go-on]")?.dataset.goOn ?? went;
    if (mark !== went) {
      went = mark;
      trigger("go_on");
    }
    const turn = now.querySelector(".turn");
    if (!turn) return;
    if (turn.id !== shown) follow = true;
    shown = turn.id;
    if (follow) turn.scrollIntoView({ block: "start" });
  }).observe(now, { childList: true, subtree: true, characterData: true, attributeFilter: ["id", "data-go-on"] });
}
keepInView();
function keepLimit() {
  const limits = document.querySelector("#limits");
  if (!limits) return requestAnimationFrame(keepLimit);
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => !(target.closest ? target : target.parentElement)?.closest("summary"))) restoreLimit();
  }).observe(limits, { childList: true, characterData: true, subtree: true });
}
keepLimit();

// Earlier turns come in above; what is being read stays where it is, and has the focus.
document.addEventListener("click", (event) => {
  if (!event.target.closest(".earlier-turns")) return;
  const [talk, earlier] = ["#conversation", "#earlier"].map((part) => document.querySelector(part));
  const first = () => earlier.querySelector(".turn") ?? document.querySelector("#now .turn");
  const was = first().id;
  const below = talk.scrollHeight - talk.scrollTop;
  new MutationObserver((_, seen) => {
    if (first().id === was) return;
    seen.disconnect();
    const turn = document.getElementById(was);
    turn.tabIndex = -1;
    turn.focus({ preventScroll: true });
    talk.scrollTop = talk.scrollHeight - below;
  }).observe(earlier, { childList: true, subtree: true });
  for (const form of document.querySelectorAll("#earlier form")) form.reset(); // other turns take their places
  trigger("earlier");
});
