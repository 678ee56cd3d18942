"""The sheet of keys as HTML: what the keyboard does on this page, and the button that shows it.

Nothing here is untrusted. Keys of a single letter can be turned off (WCAG 2.1.4: who speaks to a computer
types them unawares). keys.js does what the sheet says of `/`, letters and digits; the other keys are the
browser's, ui.js's and history.js's. Limits: English key names, no keys of one's own choice.
"""

from html import escape

KEYS = (  # keys: what they do; several keys of an entry are alternatives
    (("/",), "Write a question"),
    (("Enter",), "Ask it"),
    (("Shift Enter",), "A new line in it"),
    (("Esc",), "Leave the question; close the article, the list, a menu, this sheet"),
    (("Tab", "Shift Tab"), "To the next footnote, link or button, and back"),
    (("Enter",), "On a footnote: open its article at the quoted words"),
    (("j", "k"), "The next answer, the one before"),
    (("n",), "A new conversation"),
    (("1", "2"), "Ask, Articles"),
    (("?",), "This sheet"),
)
KEPT_KEYS = ((("c",), "The conversations"), (("3", "4"), "Reports, Model"))  # where these are offered

BUTTON = (
    '<button type="button" class="show-keys" aria-label="Keys" title="Keys (?)" aria-haspopup="dialog">'
    '<span aria-hidden="true">?</span></button>'
)


def sheet_html(*, kept: bool) -> str:
    """The sheet, closed; `kept` where the page keeps conversations and has all its tabs.

    >>> "<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>The next answer, the one before</dd>" in sheet_html(kept=False)
    True
    >>> "Reports" in sheet_html(kept=True), "Reports" in sheet_html(kept=False)
    (True, False)
    """
    shown = (*KEYS[:-1], *(KEPT_KEYS if kept else ()), KEYS[-1])
    rows = "".join(f"<div><dt>{_keys(keys)}</dt><dd>{escape(what)}</dd></div>" for keys, what in shown)
    return (
        '<dialog class="sure keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>'
        f'<dl>{rows}</dl><form method="dialog"><label><input type="checkbox" name="letters" checked>'
        ' Keys of a single letter</label><button class="press" autofocus>Close</button></form></dialog>'
    )


def _keys(keys: tuple[str, ...]) -> str:
    return " ".join("+".join(f"<kbd>{escape(key)}</kbd>" for key in together.split()) for together in keys)
