// Runs once, when the page has loaded (js_on_load of a gr.HTML; `trigger` sends an event to Python).
// Footnotes are links to #cite-<key>; the event "cite" is answered with the article that has the key.
const desk = () => document.querySelector("#desk"); // this may run before it is there
let opener = null; // the footnote that opened the panel, to go back to
let shown = ""; // the turn that was scrolled to
let follow = true; // until the reader scrolls

// The article arrives some time after the click; wait for it, then go to its mark.
function reveal(key, until = performance.now() + 10000) {
  const article = document.querySelector(`#panel [data-key="${CSS.escape(key)}"]`);
  if (!article) {
    if (performance.now() < until) requestAnimationFrame(() => reveal(key, until));
    return;
  }
  const mark = article.querySelector("mark");
  if (!mark) return document.querySelector("#panel").scrollTo(0, 0);
  mark.scrollIntoView({ block: "center" });
  mark.focus({ preventScroll: true });
}

function openPanel(link) {
  const key = link.getAttribute("href").slice("#cite-".length);
  if (!link.closest("#panel")) opener = link;
  document.querySelectorAll("a.current").forEach((other) => other.classList.remove("current"));
  link.classList.add("current");
  desk().dataset.panel = "open";
  trigger("cite", { key });
  reveal(key);
}

function closePanel() {
  delete desk().dataset.panel;
  if (opener && opener.isConnected) opener.focus();
  trigger("contents");
}

// On a narrow screen the articles are out of sight until they are asked for.
function openContents(button) {
  opener = button;
  desk().dataset.panel = "open";
  trigger("contents");
}

function copy(button) {
  const text = button.closest(".turn").querySelector("textarea.markdown").value;
  const label = button.textContent;
  navigator.clipboard.writeText(text).then(() => {
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1500);
  });
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
  const clicked = event.target.closest('a[href^="#cite-"], .example, .copy, .close, .shelf, .edit, .cancel');
  if (!clicked) return;
  if (clicked.matches("a")) {
    event.preventDefault();
    openPanel(clicked);
  } else if (clicked.matches(".example")) trigger("example", { question: clicked.textContent });
  else if (clicked.matches(".copy")) copy(clicked);
  else if (clicked.matches(".edit, .cancel")) reword(clicked.closest(".turn"), clicked.matches(".edit"));
  else if (clicked.matches(".shelf")) openContents(clicked);
  else closePanel();
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.reword");
  if (form && event.key === "Escape") reword(form.closest(".turn"), false);
  else if (form && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape" && desk().dataset.panel) closePanel();
});

// Keep the question at the top while its answer grows below it.
for (const gesture of ["wheel", "touchmove"])
  document.addEventListener(gesture, () => (follow = false), { passive: true });
function keepInView() {
  const now = document.querySelector("#now");
  if (!now) return requestAnimationFrame(keepInView);
  new MutationObserver(() => {
    const turn = now.querySelector(".turn");
    if (!turn) return;
    if (turn.id !== shown) follow = true;
    shown = turn.id;
    if (follow) turn.scrollIntoView({ block: "start" });
  }).observe(now, { childList: true, subtree: true, characterData: true, attributeFilter: ["id"] });
}
keepInView();
