"""Two texts → their cosine, each text embedded once: the claims of an answer are compared with the same
quotes again and again. Knows no encoder."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from index.embed import Rows

KEPT = 64  # rows: all claims and quotes of an answer; 100 kB


class Similar:
    """Keeps the rows of the last texts. Safe to use from several threads: the worst is a text that is
    embedded twice."""

    def __init__(self, embed: Callable[[Sequence[str]], Rows]) -> None:
        self._embed = embed
        self._rows: OrderedDict[str, Rows] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, a: str, b: str) -> float:
        """Cosine, -1..1."""
        with self._lock:
            known = {text: self._rows[text] for text in (a, b) if text in self._rows}
        new = [text for text in dict.fromkeys((a, b)) if text not in known]
        if new:
            known.update(zip(new, self._embed(new), strict=True))
        with self._lock:
            for text in (a, b):
                self._rows[text] = known[text]
                self._rows.move_to_end(text)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
        return float(known[a] @ known[b])
