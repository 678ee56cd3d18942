// The Articles tab. Runs once, when the page has loaded (js_on_load of a gr.HTML; `trigger` sends to Python).
// What the reader wants to see is kept here and sent whole, so the server remembers nothing of a tab.
const view = { words: "", source: "", state: "", when: "", story: -1, sort: "date", down: true, page: 1 };
const picked = new Map(); // ID → title of the articles that are ticked, on all pages
let keep = ""; // what had the focus in a part that is being drawn again
const find = (selector) => document.querySelector(selector);
const all = (selector) => document.querySelectorAll(selector);
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

function see(change) {
  Object.assign(view, { page: 1 }, change);
  press(); // the chart may stay as it is
  trigger("see", view);
}

// --- uploading ---

async function filesOf(transfer) {
  const found = [];
  async function walk(entry) {
    if (entry.name.startsWith(".")) return;
    if (entry.isFile) return found.push(await new Promise((done, failed) => entry.file(done, failed)));
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) return;
      for (const inner of some) await walk(inner);
    }
  }
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  for (const entry of entries) await walk(entry);
  return found;
}

async function send(files) {
  const told = { kept: [], there: [], refused: [] };
  const status = find("#shelf .sending");
  for (const [n, file] of files.entries()) {
    status.textContent = `Uploading ${(n + 1).toLocaleString("en")} of ${plural(files.length, "file")}: ${file.name}`;
    try {
      const sent = await fetch(`uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      if (!sent.ok) throw new Error();
      const became = await sent.json();
      told[became.status].push(became.message ? `${file.name}: ${became.message}` : file.name);
    } catch {
      told.refused.push(`${file.name}: it did not arrive; is Footnote still running?`);
    }
  }
  status.replaceChildren(
    ...outcome("refused", told.refused, true),
    ...outcome("already in the library", told.there, false),
  );
  if (told.kept.length) trigger("act", { do: "uploads", files: told.kept.length });
}

function outcome(what, names, open) {
  if (!names.length) return [];
  const details = Object.assign(document.createElement("details"), { open });
  const list = document.createElement("ul");
  list.append(...names.slice(0, 200).map((name) => Object.assign(document.createElement("li"), { textContent: name })));
  details.append(
    Object.assign(document.createElement("summary"), { textContent: `${plural(names.length, "file")} ${what}` }),
    list,
  );
  return [details];
}

// --- before anything goes ---

function sure(question, explained, names, verb) {
  const dialog = find("#shelf dialog.sure");
  dialog.querySelector("h3").textContent = question;
  dialog.querySelector("p").textContent = explained;
  const lines = names.slice(0, 8).map((name) => Object.assign(document.createElement("li"), { textContent: name }));
  if (names.length > 8) lines.push(Object.assign(document.createElement("li"), { textContent: `and ${names.length - 8} more` }));
  dialog.querySelector("ul").replaceChildren(...lines);
  dialog.querySelector("[value=yes]").textContent = verb;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) =>
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }),
  );
}

const ACTS = {
  update: () => trigger("act", { do: "update" }),
  stop: () => trigger("stop"),
  yes: () => trigger("act", { do: "yes" }),
  no: () => trigger("act", { do: "no" }),
  back: async (button) => {
    const explained = "What was added, changed or removed since is not in the library then. Files are not touched.";
    if (await sure(`${button.textContent}?`, explained, [], "Go back")) trigger("act", { do: "back" });
  },
  remove: async () => {
    const explained =
      "Copies that were uploaded are deleted. Other files stay where they are, so Update brings back those of a " +
      "folder that it reads.";
    const what = `Remove ${plural(picked.size, "article")} from the library?`;
    if (!(await sure(what, explained, [...picked.values()], "Remove"))) return;
    trigger("act", { do: "remove", ids: [...picked.keys()] });
    picked.clear();
    showPicked();
  },
  unpick: () => {
    picked.clear();
    showPicked();
  },
};

// --- the table ---

function showPicked() {
  const boxes = [...all("#shelf-table tbody input[type=checkbox]")];
  for (const box of boxes) box.checked = picked.has(box.value);
  const every = find("#shelf-table input.all");
  if (every) {
    const ticked = boxes.filter((box) => box.checked).length;
    every.checked = boxes.length > 0 && ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  const bar = find("#shelf .picked");
  if (!bar) return;
  bar.hidden = !picked.size;
  bar.querySelector("span").textContent = `${plural(picked.size, "article")} chosen`;
}

function pick(box) {
  const title = box.getAttribute("aria-label");
  if (box.matches(".all")) for (const other of all("#shelf-table tbody input[type=checkbox]")) set(other, box.checked);
  else set(box, box.checked);
  showPicked();
  function set(one, on) {
    if (on) picked.set(one.value, one === box ? title : one.getAttribute("aria-label"));
    else picked.delete(one.value);
  }
}

function press() {
  for (const bar of all("#shelf-chart [data-when]")) bar.setAttribute("aria-pressed", bar.dataset.when === view.when);
  const bars = [...all("#shelf-chart .bar")];
  const entry = bars.find((bar) => bar.dataset.when === view.when) ?? bars.at(-1);
  for (const bar of bars) bar.tabIndex = bar === entry ? 0 : -1; // one stop; the arrows go on from there
}

function chosen(target) {
  if (target.dataset.look) return see({ state: (find("#shelf [name=state]").value = "attention") });
  const drop = target.dataset.drop;
  if (drop) return see({ [drop]: drop === "story" ? -1 : "" });
  if (target.dataset.when) return see({ when: view.when === target.dataset.when ? "" : target.dataset.when });
  if (target.dataset.story) return see({ story: Number(target.dataset.story), words: (find("#shelf [name=words]").value = "") });
  if (target.dataset.page) return see({ page: Number(target.dataset.page) });
  const sort = target.dataset.sort;
  see({ sort, down: view.sort === sort ? !view.down : sort === "date" || sort === "passages" });
}

// --- listening ---

document.addEventListener("click", (event) => {
  const target = event.target.closest("#shelf :is([data-do], [data-drop], [data-when], [data-story], [data-page], [data-sort], [data-look])");
  if (!target) return;
  keep = target.dataset.keep ?? "";
  if (target.dataset.do) ACTS[target.dataset.do](target);
  else chosen(target);
});

document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.("#shelf-chart .bar");
  if (!bar) return;
  const bars = [...all("#shelf-chart .bar")];
  const to = { ArrowRight: 1, ArrowLeft: -1, Home: -bars.length, End: bars.length }[event.key];
  if (to) {
    const next = bars[Math.min(Math.max(bars.indexOf(bar) + to, 0), bars.length - 1)];
    for (const other of bars) other.tabIndex = other === next ? 0 : -1;
    next.focus();
  } else if (event.key === "Enter" || event.key === " ") {
    keep = bar.dataset.keep;
    chosen(bar);
  } else return;
  event.preventDefault();
});

let typing = 0;
document.addEventListener("input", (event) => {
  const field = event.target.closest("#shelf :is([name=words], [name=source], [name=state])");
  if (!field) return;
  clearTimeout(typing);
  typing = setTimeout(() => see({ [field.name]: field.value }), field.name === "words" ? 150 : 0);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#shelf-table input[type=checkbox]")) pick(event.target);
  else if (event.target.matches("#shelf .drop input")) {
    send([...event.target.files]);
    event.target.value = ""; // so that the same file can be chosen again
  }
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("#shelf form.folder")) return;
  event.preventDefault();
  const folder = event.target.elements.folder.value.trim();
  if (folder) trigger("act", { do: "folder", folder }); // gradio takes a value named "path" for a file of its own
});

// Files may be dropped anywhere on the page; they open the tab.
let inside = 0;
const brings = (event) => event.dataTransfer?.types.includes("Files") && find("#shelf .drop");
const drag = (by) => document.body.classList.toggle("dropping", (inside = by ? inside + by : 0) > 0);
document.addEventListener("dragenter", (event) => brings(event) && drag(1));
document.addEventListener("dragleave", (event) => brings(event) && drag(-1));
document.addEventListener("dragover", (event) => brings(event) && event.preventDefault());
document.addEventListener("drop", async (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  drag(0);
  location.hash = "#articles";
  send(await filesOf(event.dataTransfer));
});

// --- what is drawn from Python ---

function refocus(part) {
  const same = keep && find(`${part} [data-keep="${CSS.escape(keep)}"]:not(:disabled)`);
  if (!same) return;
  same.focus({ preventScroll: true });
  keep = "";
}

watch("#shelf-table", () => {
  showPicked();
  refocus("#shelf-table");
});
watch("#shelf-chart", () => {
  press();
  refocus("#shelf-chart");
});
watch("#shelf-outlets", () => {
  const menu = find("#shelf [name=source]");
  if (menu) menu.value = view.source;
});

let outcomeSeen = "";
let stepSaid = "";
watch("#shelf-job", () => {
  const outcome = find("#shelf-job .job")?.dataset.outcome ?? "";
  const step = find("#shelf-job .step")?.firstChild.textContent ?? "";
  if (step && step !== stepSaid) find("#shelf-say").textContent = stepSaid = step;
  const over = !["waiting", "running"].includes(outcome);
  if (over && ["waiting", "running"].includes(outcomeSeen)) {
    stepSaid = "";
    find("#shelf form.folder")?.reset();
    trigger("open", view); // everything may have changed
  }
  outcomeSeen = outcome;
});

function opened() {
  if (location.hash === "#articles") trigger("open", view);
}
addEventListener("hashchange", opened);
opened();
