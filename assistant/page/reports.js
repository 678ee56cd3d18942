// The Reports tab, and the buttons under an answer. Runs once, when the page has loaded (js_on_load of a
// gr.HTML; `trigger` sends to Python). Which report is open and how is kept here and sent whole, so the server
// remembers nothing of a tab.
const STYLE = "footnote-style"; // in the browser's own store: the style stays chosen
const TOAST_MS = 12000; // long enough to read it and to press Undo
const view = { report: "", style: localStorage.getItem(STYLE) ?? "", side: "preview" };
let keep = ""; // what had the focus in a part that is being drawn again
let wanted = ""; // the report that was chosen, until it is drawn: another one may still be on its way
const drawn = new WeakMap(); // field: what was drawn into it
const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const act = (what) => trigger("act", { ...view, ...what });

// --- copying an answer ---

function copied(button) {
  const form = (name) => button.closest(".under").querySelector(`textarea.${name}`).value;
  if (button.dataset.copy === "rich") copy(button, { "text/html": form("rich"), "text/plain": form("text") });
  else copy(button, { "text/plain": form(button.dataset.copy) });
}

// --- putting it into a report ---

function offer(menu) {
  const sheet = menu.querySelector(".sheet");
  const row = (report, name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name, dir: "auto" });
    button.dataset.collect = report;
    return button;
  };
  const reports = all("#reports-list [data-report]");
  sheet.replaceChildren(
    ...reports.map((one) => row(one.dataset.report, one.querySelector(".name").textContent)),
    row("", "A new report"),
  );
  sheet.lastChild.className = "another";
}

function collect(button) {
  const menu = button.closest("details.collect");
  menu.open = false;
  menu.querySelector("summary").focus();
  trigger("collect", { turn: menu.dataset.turn, report: button.dataset.collect });
}

document.addEventListener("toggle", (event) => event.target.matches?.("details.collect[open]") && offer(event.target), true);

// --- the open report ---

function move(row, by) {
  const to = Number(row.dataset.place) + by;
  if (to < 1 || to > all("#reports-open .entry").length) return;
  act({ do: "move", entry: row.dataset.entry, to });
}

async function drop() {
  const dialog = find("#reports dialog.sure");
  const { report } = find("#reports-open .report").dataset; // of now: another one may be drawn meanwhile
  dialog.querySelector("h3").textContent = `Delete “${find("#reports-open [name=title]").value}”?`;
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  if (dialog.returnValue === "yes") act({ do: "delete", report });
}

const ACTS = {
  new: () => {
    keep = "title"; // which is what comes next
    act({ do: "new" });
  },
  delete: drop,
  up: (row) => move(row, -1),
  down: (row) => move(row, 1),
  remove: (row) => act({ do: "remove", entry: row.dataset.entry }),
};

function chosen(target) {
  const { report, side, undo, go } = target.dataset;
  if (report) {
    view.report = wanted = report;
    trigger("open", view);
  } else if (side) {
    view.side = side;
    trigger("see", view);
  } else if (undo) {
    hideToast();
    act({ do: "undo", undo });
  } else if (go) {
    hideToast();
    view.report = go;
    if (location.hash === "#reports") trigger("open", view);
    else location.hash = "#reports";
  } else ACTS[target.dataset.do](target.closest(".entry"));
}

document.addEventListener("click", (event) => {
  for (const open of all("details.collect[open]")) if (!open.contains(event.target)) open.open = false;
  const target = event.target.closest(
    ".under [data-copy], .under [data-collect], #reports button[data-report], #reports [data-side], #reports [data-do], #reports-toast button",
  );
  if (!target || target.getAttribute("aria-disabled")) return;
  if (target.dataset.copy) return copied(target);
  if ("collect" in target.dataset) return collect(target);
  keep = target.dataset.keep ?? "";
  chosen(target);
});

// A title or a heading is kept when the field is left, or with Enter; Escape takes it back.
document.addEventListener(
  "keydown",
  (event) => {
    const menu = event.target.closest?.("details.collect[open]");
    if (!menu || event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation(); // one Escape closes one thing
  },
  true,
);
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#reports-open .entry");
  if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    const on = event.target.dataset.keep ?? "";
    event.target.blur(); // what was typed is kept first: the field may stand for another answer then
    keep = on;
    return move(row, event.key === "ArrowUp" ? -1 : 1);
  }
  const field = event.target.closest?.("#reports-open textarea");
  if (!field || event.isComposing) return;
  if (event.key === "Escape") field.value = field.defaultValue;
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  field.blur();
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("#reports [name=style]")) {
    localStorage.setItem(STYLE, (view.style = field.value));
    for (const link of all("#reports .files a")) link.href = link.href.replace(/\?style=.*/, `?style=${encodeURIComponent(view.style)}`);
    trigger("see", view);
  } else if (field.matches("#reports-open textarea") && !field.value.trim()) field.value = field.defaultValue;
  else if (field.matches("#reports-open [name=title]")) act({ do: "title", title: field.value });
  else if (field.matches("#reports-open [name=heading]"))
    act({ do: "heading", entry: field.closest(".entry").dataset.entry, heading: field.value });
});

// --- what is drawn from Python ---

function refocus(part) {
  const same = keep && find(`${part} [data-keep="${CSS.escape(keep)}"]`);
  if (!same || same === document.activeElement) return; // not drawn yet: the old one is still there
  same.focus({ preventScroll: true });
}
document.addEventListener("focusin", (event) => {
  if (event.target.dataset.keep !== keep) keep = ""; // the reader has gone on
});

function markOpen() {
  for (const one of all("#reports-list [data-report]"))
    one.dataset.report === view.report ? one.setAttribute("aria-current", "true") : one.removeAttribute("aria-current");
}

watch("#reports-list", () => {
  markOpen();
  refocus("#reports-list");
});
watch("#reports-open", () => {
  // Fields are used again for what is drawn now, and would keep what was typed into them.
  for (const field of all("#reports-open textarea")) {
    if (field !== document.activeElement || field.value === drawn.get(field)) field.value = field.defaultValue;
    drawn.set(field, field.defaultValue);
  }
  const open = find("#reports-open .report")?.dataset.report ?? "";
  if (wanted && open !== wanted && find(`#reports-list [data-report="${wanted}"]`)) return;
  wanted = "";
  view.report = open;
  markOpen();
  view.style = find("#reports [name=style]")?.value ?? view.style;
  refocus("#reports-open");
  trigger("see", view);
});
watch("#reports-side", () => refocus("#reports-side"));

let fading = 0;
let told = ""; // the toast that is fading: the same words once more are another one
function hideToast() {
  const toast = find("#reports-toast .toast");
  if (toast) toast.hidden = true;
}
function fade() {
  find("#reports-toast").setAttribute("aria-live", "polite");
  const toast = find("#reports-toast .toast")?.dataset.toast ?? "";
  if (toast === told) return;
  told = toast;
  clearTimeout(fading);
  fading = setTimeout(hideToast, TOAST_MS);
}
watch("#reports-toast", fade, true);

function opened() {
  if (location.hash !== "#reports") return;
  hideToast(); // "Added to …" is seen here
  trigger("open", view);
  if (view.report) trigger("see", view); // an article may have changed, and nothing else
}
addEventListener("hashchange", opened);
opened();
