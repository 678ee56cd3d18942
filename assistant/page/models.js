// The Model tab. Runs once, when the page has loaded (js_on_load of a gr.HTML; `trigger` sends to Python).
let keep = ""; // what had the focus in a part that is being drawn again
const find = (selector) => document.querySelector(selector);

// Asked once more in its own words; anything else that is pressed takes that back.
function sure(button) {
  if (button.dataset.asked) return true;
  button.dataset.asked = button.textContent;
  button.textContent = button.dataset.sure;
  button.setAttribute("aria-label", button.dataset.sure);
  button.addEventListener("blur", () => button.isConnected && calm(button), { once: true });
  return false;
}

function calm(button) {
  button.textContent = button.dataset.asked;
  button.removeAttribute("aria-label");
  delete button.dataset.asked;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("#models [data-do]");
  if (!button || button.getAttribute("aria-disabled")) return;
  if (button.dataset.sure && !sure(button)) return;
  keep = button.dataset.keep ?? "";
  trigger("act", { do: button.dataset.do, model: button.dataset.model ?? "" });
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("#models [name=quotes]")) return;
  keep = event.target.dataset.keep;
  trigger("act", { do: "quotes", only: event.target.checked });
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("#models form.add")) return;
  event.preventDefault();
  const field = event.target.elements.file;
  const model = field.value.trim();
  if (!model) return;
  trigger("act", { do: "add", model });
  field.value = "";
});

function refocus() {
  const same = keep && find(`#models [data-keep="${CSS.escape(keep)}"]`);
  if (!same || document.activeElement === same) return;
  same.focus({ preventScroll: true });
}

for (const part of ["#models-now", "#models-list", "#models-offers"]) watch(part, refocus);
// Whoever has moved on is not pulled back by what is drawn later.
document.addEventListener("focusin", (event) => {
  if (event.target.dataset?.keep !== keep) keep = "";
});

function opened() {
  if (location.hash === "#model") trigger("open", {});
}
addEventListener("hashchange", opened);
opened();
