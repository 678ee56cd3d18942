// Copying; put before the scripts that need it.

// Without a secure origin there is no navigator.clipboard: then the event of an old copy command is answered.
function written(forms) {
  const blobs = Object.entries(forms).map(([type, text]) => [type, new Blob([text], { type })]);
  if (window.ClipboardItem && navigator.clipboard?.write)
    return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  return new Promise((done, failed) => {
    const answer = (event) => {
      for (const [type, text] of Object.entries(forms)) event.clipboardData.setData(type, text);
      event.preventDefault();
      done();
    };
    document.addEventListener("copy", answer, { once: true });
    if (!document.execCommand("copy")) failed();
    document.removeEventListener("copy", answer);
  });
}

const labels = new WeakMap(); // button → what it says otherwise; it may be pressed again before it says so

// Copy a text in one or several forms (type → text); the button says for a moment whether it was.
function copy(button, forms) {
  if (!labels.has(button)) labels.set(button, button.textContent);
  const say = (words) => {
    button.textContent = words;
    setTimeout(() => {
      if (labels.has(button)) button.textContent = labels.get(button);
      labels.delete(button);
    }, 1500);
  };
  written(forms).then(
    () => say("Copied"),
    () => say("The browser did not allow it"),
  );
}
