"""What a reader can do about an answer → safe HTML: ask again, and say whether it was good and why.

Escapes as render.py does. Pure functions, no gradio, no library. `data-` attributes are what reading.js goes
by.
"""

from html import escape

from assistant.keeping.votes import NOTE_CHARS, REASONS, THUMBS, Vote

NAMES = {"up": "Good answer", "down": "Bad answer"}
ASKED = {"up": "What is good about it?", "down": "What is wrong with it?"}
FITS_DECLINED = ("right", "there")  # of the ready reasons, where no answer was given
HAND = (
    "M7 9v8H3V9zm0 0 3.5-6.5c1.4 0 2 1 1.7 2.4L11.6 8H16a1.6 1.6 0 0 1 1.5 2l-1.4 5.6A1.8 1.8 0 0 1 14.4 17H7"
)
ICON = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="{}"/></svg>'


def retry_html(turn: str) -> str:
    """
    >>> retry_html("a1")
    '<button type="button" class="retry" data-turn="a1">Retry</button>'
    """
    return f'<button type="button" class="retry" data-turn="{turn}">Retry</button>'


def vote_html(turn: str, vote: Vote | None, *, declined: bool = False) -> str:
    """Two thumbs, and for each a form with its ready reasons and room for other words; the browser shows the
    form of the thumb that was pressed. `declined`: the answer is that the articles do not say."""
    cast = vote.thumb if vote else ""
    thumbs = "".join(
        f'<button type="button" class="thumb" data-thumb="{thumb}" title="{NAMES[thumb]}"'
        f' aria-label="{NAMES[thumb]}" aria-pressed="{"true" if thumb == cast else "false"}">'
        f"{ICON.format(HAND)}</button>"
        for thumb in THUMBS
    )
    forms = "".join(_form(thumb, vote if thumb == cast else None, turn, declined) for thumb in THUMBS)
    return (
        f'<div class="votes" data-turn="{turn}"><span class="thumbs" role="group" aria-label="This answer">'
        f'{thumbs}</span><span class="told" role="status"></span>{forms}</div>'
    )


def _form(thumb: str, vote: Vote | None, turn: str, declined: bool) -> str:
    reasons = "".join(
        f'<label><input type="radio" name="reason-{turn}-{thumb}" value="{reason}"'
        f"{' checked' if vote and vote.reason == reason else ''}>{words}</label>"
        for reason, words in REASONS[thumb].items()
        if ((reason in FITS_DECLINED) if declined else (reason != "there"))
    )
    note = escape(vote.note) if vote else ""
    return (
        f'<form class="why" data-thumb="{thumb}" hidden><fieldset><legend>{ASKED[thumb]}</legend>{reasons}'
        f'</fieldset><textarea rows="2" dir="auto" maxlength="{NOTE_CHARS}" placeholder="In your own words"'
        f' aria-label="In your own words">{note}</textarea>'
        '<span class="ends"><button type="submit">Keep</button>'
        '<button type="button" class="shut">Close</button>'
        "<span>Stays on this computer.</span></span></form>"
    )
