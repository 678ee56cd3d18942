"""The faults of citeproc-py that show in references, put right.

Its parser takes these subclasses in place of its own elements: it looks up every direct subclass of
`CitationStylesElement`, and the last of a name counts. So they are there once this file is imported.
"""

import unicodedata
from typing import Any

from citeproc import model
from citeproc.model import CitationStylesElement as Element

from assistant.report.marks import cells, text_of

TEXT_TAG = "{http://purl.org/net/xbiblio/csl}text"


class Remembering:
    """What an element finds in its style and whether it calls a variable is the same for every reference, and
    it was looked up by XPath for each: with this, an entry takes a third of the time."""

    def xpath_search(self, expression: str) -> Any:
        """The elements that the expression finds from here."""
        found = self.__dict__.setdefault("_found", {})
        if expression not in found:
            found[expression] = super().xpath_search(expression)  # type: ignore[misc]
        return found[expression]

    def calls_variable(self) -> Any:
        """Whether anything in it can come from a reference."""
        if "_calls" not in self.__dict__:
            self.__dict__["_calls"] = super().calls_variable()  # type: ignore[misc]
        return self.__dict__["_calls"]


REMEMBERING = [
    type(element.__name__, (Remembering, element, Element), {})
    for element in (
        model.Macro, model.Layout, model.Choose, model.If, model.Else_If, model.Else, model.Group,
        model.Names, model.Date,
    )
]  # fmt: skip


class Substitute(model.Substitute, Element):  # type: ignore[misc]
    """What stands in for missing names is left out of the rest of the entry, through macros too."""

    def render(self, item: Any, context: Any = None, **kwargs: Any) -> Any:
        """The first child that renders something."""
        layout, read = context.get_layout(), item.reference.read
        before = set(read)
        for child in self.getchildren():
            read.clear()
            if isinstance(child, model.Names) and child.name is None:
                kwargs |= {"names_context": self.getparent()}
            try:
                text = child.render(item, context=context, **kwargs)
            except model.VariableError:
                continue
            if text:
                used = {name.replace("_", "-") for name in read if name not in ("language", "key", "type")}
                layout.repressed[TEXT_TAG] = [*layout.repressed.get(TEXT_TAG, ()), *used]
                read |= before
                return text
        return None


class Label(Remembering, model.Label, Element):  # type: ignore[misc]
    """No label without what it labels: "Edition" stood in every newspaper's entry."""

    def process(self, item: Any, variable: Any = None, plural: Any = None, **kwargs: Any) -> Any:
        """The term, or nothing."""
        own = self.get("variable")
        if variable is None and own == "locator" and not item.has_locator:
            return None
        if variable is None and own != "locator" and own.replace("-", "_") not in item.reference:
            return None
        return super().process(item, variable, plural, **kwargs)


class Name(Remembering, model.Name, Element):  # type: ignore[misc]
    """`initialize="false"` keeps the given names whole."""

    def initialize(self, given: str, mark: str, context: Any) -> Any:
        """The initials, if the style wants them."""
        return given if self.get("initialize") == "false" else super().initialize(given, mark, context)


class Key(model.Key, Element):  # type: ignore[misc]
    """Entries are sorted by their letters: not by quotation marks, marks of ours, accents, or "The"."""

    def sort_keys(self, items: Any, context: Any) -> list[Any]:
        """One for each item; None comes last."""
        return [sortable(str(k)) if hasattr(k, "lower") else k for k in super().sort_keys(items, context)]


class Date_Part(Remembering, model.Date_Part, Element):  # type: ignore[misc]
    """What one date changes in the locale's form does not stay changed for the next."""

    def render(self, *args: Any, **kwargs: Any) -> Any:
        """The part, its attributes put back."""
        before = dict(self.attrib)
        try:
            return super().render(*args, **kwargs)
        finally:
            self.attrib.clear()
            self.attrib.update(before)


class Locale(Remembering, model.Locale, Element):  # type: ignore[misc]
    """Remembers its terms as well."""

    def get_term(self, *asked: Any, **named: Any) -> Any:
        """The term; raises IndexError where the locale has none."""
        terms, key = self.__dict__.setdefault("_terms", {}), (asked, *named.items())
        if key not in terms:
            try:
                terms[key] = super().get_term(*asked, **named)
            except IndexError:
                terms[key] = None
        if terms[key] is None:
            raise IndexError(asked)
        return terms[key]


class Text(Remembering, model.Text, Element):  # type: ignore[misc]
    """Macros are looked up once for a style."""

    def get_macro(self, name: str) -> Any:
        """The macro of this name."""
        return self.get_root().macros[name]


def prepare(style: Any) -> list[Any]:
    """A parsed style made ready. Returns its elements, to be kept as long as it is: lxml makes them anew,
    without what was hung on them, once nobody holds them."""
    kept = list(style.iter())
    for element in kept:
        if element.attrib.pop("disambiguate", None):
            element.set("position", "never")  # the library takes this condition for one that always holds
    style.macros = {macro.get("name"): macro for macro in kept if isinstance(macro, model.Macro)}
    return [*kept, *(element for locale in style.locales for element in locale.iter())]


def sortable(text: str) -> str:
    """
    >>> sortable("“The Élan” of 1999")
    'elan of 1999'
    """
    plain = unicodedata.normalize("NFKD", text_of(cells(text)).casefold())
    words = "".join(c for c in plain if c.isalnum() or c == " ").split()
    return " ".join(words[1:] if words[1:] and words[0] in ("a", "an", "the") else words)
