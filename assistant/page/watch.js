// What is drawn from Python; put before the scripts that need it.
// gradio changes what is there into what is to be there: elements, but also only their words or attributes.

// What readers and our own scripts change all the time.
const OURS = ["hidden", "open", "tabindex"];

// Call `changed` whenever a part of the page has been drawn again, and with `first` once when it is there; what
// it changes itself does not count.
function watch(selector, changed, first = false) {
  const part = document.querySelector(selector);
  if (!part) return requestAnimationFrame(() => watch(selector, changed, first));
  if (first) changed();
  const observer = new MutationObserver((changes) => {
    if (changes.every(({ attributeName }) => OURS.includes(attributeName))) return;
    changed();
    observer.takeRecords();
  });
  observer.observe(part, { childList: true, characterData: true, attributes: true, subtree: true });
}
