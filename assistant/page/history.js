// The conversations. Runs once, when the page has loaded (js_on_load of a gr.HTML; `trigger` sends to Python).
// The address says which one is on the page (?c=ID), so that loading it again, or in another tab, finds it.
const find = (selector) => document.querySelector(selector);
const drawer = () => find("#history");
const field = () => find("#history input[type=search]");
const named = () => new URLSearchParams(location.search).get("c") ?? "";
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
let shown = named(); // the conversation on the page
let leave = ""; // the conversation on the page, once it is being deleted
let keep = ""; // what to focus when the list has been drawn again

function addressOf(id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set("c", id);
  else url.searchParams.delete("c");
  return url;
}

// One object for all: where an event waits for the one before, gradio sends on what it was first given.
const wanted = {};
function list() {
  trigger("list", Object.assign(wanted, { search: field().value, open: shown }));
}

function act(what) {
  trigger("act", { ...what, search: field().value, open: shown });
}

function open(id) {
  // What is drawn next takes the place of what is there, and would keep what was typed into it.
  for (const form of document.querySelectorAll("#earlier form, #now form")) form.reset();
  shown = id;
  trigger("open", { id });
}

function showDrawer(on) {
  drawer().toggleAttribute("data-open", on);
  find("#masthead .past").setAttribute("aria-expanded", on);
  if (!on) {
    if (document.activeElement === document.body || drawer().contains(document.activeElement)) find("#masthead .past").focus();
    return;
  }
  find("#history .told").textContent = "";
  list();
  field().focus();
}

// Python says which conversation it has drawn: a question begins one, "New conversation" leaves it.
function told() {
  const talk = find("#earlier [data-talk]") ?? find("#now [data-talk]");
  if (!talk) return;
  const was = named();
  shown = talk.dataset.talk;
  if (shown === was) return;
  if (shown) window.history.replaceState(null, "", addressOf(shown));
  else window.history.pushState(null, "", addressOf(""));
}

addEventListener("popstate", () => {
  if (named() !== shown) open(named());
});

// --- one of them ---

function rename(item) {
  const id = item.dataset.id; // of now: the list may be drawn again meanwhile, with another one in this place
  const link = item.querySelector(".talk");
  const title = Object.assign(document.createElement("input"), { value: link.textContent });
  title.setAttribute("aria-label", "Title");
  title.dir = "auto";
  link.hidden = true;
  link.after(title);
  title.select();
  let over = false;
  function end(save) {
    if (over) return;
    over = true;
    const text = title.value.trim();
    if (save && text && text !== link.textContent) act({ do: "rename", id, title: text });
    title.remove();
    link.hidden = false;
    keep = `[data-id="${id}"] [data-do="rename"]`;
    find(`#history ${keep}`)?.focus();
  }
  title.addEventListener("blur", () => end(true));
  title.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    if (event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  });
}

function forget(item) {
  const id = item.dataset.id;
  const dialog = find("#history dialog");
  dialog.querySelector("h3").textContent = `Delete “${item.querySelector(".talk").textContent}”`;
  dialog.returnValue = "no";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    keep = "input[type=search]";
    leave = id === shown ? id : "";
    act({ do: "delete", id });
  };
  dialog.showModal();
}

async function take(files) {
  const said = find("#history .told");
  for (const file of files) {
    try {
      const sent = await fetch("conversations.json", { method: "POST", body: file });
      if (!sent.ok) throw new Error();
      const { ids, message } = await sent.json();
      said.textContent = message ? `${file.name}: ${message}.` : `${file.name}: ${plural(ids.length, "conversation")} read.`;
    } catch {
      said.textContent = `${file.name}: it did not arrive; is Footnote still running?`;
    }
  }
  list();
}

// --- listening ---

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.talk");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    const id = new URL(link.href).searchParams.get("c");
    if (id !== shown) {
      window.history.pushState(null, "", addressOf(id));
      open(id);
    }
    if (drawer().hasAttribute("data-open")) showDrawer(false);
    return;
  }
  const button = event.target.closest("#masthead .past, #history .close-history, #history [data-do]");
  if (button?.matches(".past")) return showDrawer(!drawer().hasAttribute("data-open"));
  if (button?.matches(".close-history")) return showDrawer(false);
  if (button) return { rename, delete: forget }[button.dataset.do](button.closest("li"));
  if (drawer()?.hasAttribute("data-open") && event.target.isConnected && !event.target.closest("#history")) showDrawer(false);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !drawer()?.hasAttribute("data-open")) return;
    if (find("#history dialog").open || event.target.closest("#history li input")) return;
    event.stopPropagation();
    event.preventDefault();
    if (field().value) {
      field().value = "";
      list();
    } else showDrawer(false);
  },
  true,
);

let typing = 0;
document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  clearTimeout(typing);
  typing = setTimeout(list, 150);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("#history input[type=file]")) return;
  take([...event.target.files]).then(() => (event.target.value = "")); // so that it can be chosen again
});

for (const part of ["#earlier", "#now"]) watch(part, told, true);
watch("#history-list", () => {
  if (leave && !find(`#history [data-id="${leave}"]`)) {
    leave = "";
    find("#masthead .new").click();
  }
  if (!keep || !drawer().hasAttribute("data-open")) return;
  find(`#history ${keep}`)?.focus({ preventScroll: true });
  keep = "";
});
