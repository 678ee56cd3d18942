// Reading an answer: the card beside a footnote, asking again, the thumbs. Runs once, when the page has loaded
// (js_on_load of a gr.HTML; `trigger` sends to Python).
const SHOW_MS = 120; // a pointer that only passes over a number opens nothing
const HIDE_MS = 250; // time to move from the number to its card

// --- the card: as WCAG 1.4.13 wants it, it can be hovered, is closed by Escape and stays until then ---

const card = Object.assign(document.createElement("div"), { id: "reading-card", hidden: true });
card.setAttribute("role", "tooltip");
card.append(...["where", "facts", "words"].map((name) => Object.assign(document.createElement("p"), { className: name, dir: "auto" })));
document.body.append(card);
let shownFor = null; // the footnote whose card is open
let timer = 0;
let lastKey = ""; // Escape gives a footnote the focus back, which is no wish to see its card

const footnote = (target) => target.closest?.("a.cite[data-quote]");

function showCard(link) {
  clearTimeout(timer);
  if (!link.isConnected) return;
  if (shownFor && shownFor !== link) hideCard();
  const [where, facts, words] = card.children;
  where.textContent = link.dataset.title; // never as HTML: all three are an article's words
  facts.textContent = link.dataset.facts;
  words.textContent = link.dataset.quote;
  shownFor = link;
  card.hidden = false;
  link.setAttribute("aria-describedby", card.id);
  place();
}

function hideCard() {
  clearTimeout(timer);
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
  card.hidden = true;
}

function later(does, ms) {
  clearTimeout(timer);
  timer = setTimeout(does, ms);
}

// Below the number, or above it where there is more room; never over it.
function place() {
  if (!shownFor) return;
  const at = shownFor.getBoundingClientRect();
  if (!shownFor.isConnected || at.bottom < 0 || at.top > innerHeight) return hideCard();
  card.style.maxHeight = "";
  const { width, height } = card.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left - 16, innerWidth - width - 8));
  const above = at.bottom + height + 12 > innerHeight && at.top > innerHeight - at.bottom;
  const room = (above ? at.top : innerHeight - at.bottom) - 12; // of a long quote the rest is scrolled to
  card.style.left = `${left}px`;
  card.style.top = `${above ? at.top - Math.min(height, room) - 4 : at.bottom + 4}px`;
  card.style.maxHeight = `${room}px`;
}

// A finger taps to open the article: a card would only be in its way.
document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse") return;
  const link = footnote(event.target);
  if (link) later(() => showCard(link), SHOW_MS);
  else if (card.contains(event.target)) clearTimeout(timer);
  else if (shownFor !== document.activeElement) later(hideCard, HIDE_MS);
});
document.addEventListener("focusin", (event) => {
  const link = footnote(event.target);
  if (link && link.matches(":focus-visible") && lastKey !== "Escape") showCard(link);
  else if (shownFor) hideCard();
});
document.addEventListener("click", (event) => footnote(event.target) && hideCard(), true);
document.addEventListener(
  "keydown",
  (event) => {
    lastKey = event.key;
    if (event.key !== "Escape" || card.hidden) return;
    hideCard();
    event.stopImmediatePropagation(); // one Escape closes one thing
  },
  true,
);
addEventListener("scroll", place, { capture: true, passive: true });
addEventListener("resize", place);
// A turn that is drawn again has other links.
new MutationObserver(() => shownFor && !shownFor.isConnected && hideCard()).observe(document.body, { childList: true, subtree: true });

// --- asking again, and what the reader says of an answer ---

function press(thumb) {
  const votes = thumb.closest(".votes");
  const on = thumb.getAttribute("aria-pressed") !== "true";
  for (const one of votes.querySelectorAll(".thumb")) one.setAttribute("aria-pressed", String(on && one === thumb));
  for (const form of votes.querySelectorAll("form")) form.hidden = !(on && form.dataset.thumb === thumb.dataset.thumb);
  cast(votes, on ? thumb.dataset.thumb : "", on ? "Kept" : "Taken back");
}

function cast(votes, thumb, told) {
  const form = votes.querySelector(`form[data-thumb="${thumb}"]`);
  const reason = form?.querySelector(":checked")?.value ?? "";
  const note = form?.querySelector("textarea").value ?? "";
  trigger("vote", { turn: votes.dataset.turn, thumb, reason, note });
  votes.querySelector(".told").textContent = told;
}

function shut(form) {
  form.hidden = true;
  form.closest(".votes").querySelector(`.thumb[data-thumb="${form.dataset.thumb}"]`).focus();
}

document.addEventListener("click", (event) => {
  const clicked = event.target.closest?.("button.retry, button.thumb, form.why .shut");
  if (!clicked) return;
  if (clicked.matches(".retry")) trigger("retry", { turn: clicked.dataset.turn });
  else if (clicked.matches(".thumb")) press(clicked);
  else shut(clicked.closest("form"));
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.why")) return;
  event.preventDefault();
  cast(event.target.closest(".votes"), event.target.dataset.thumb, "Kept, with why");
  shut(event.target);
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.why");
  if (!form || event.key !== "Escape") return;
  shut(form);
  event.stopImmediatePropagation();
}, true);
