"""What was found, and what a model made of it → the answer.

A draft's sentences are checked, a choice's words are quotes already; yes or no stands first where it is
certain, and both sides are shown where articles disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.asking.kinds import asked_for
from assistant.checking.checked import checked
from assistant.checking.similar import Similar
from assistant.composing.assemble import Limits, answered, assemble
from assistant.composing.choose import Chosen, by_choice
from assistant.composing.compose import Composed
from assistant.composing.contradict import both_sides
from assistant.composing.decide import decide, decided
from assistant.composing.mark import with_marks
from assistant.digests.digest import covers, prose
from assistant.llm.cite import Drafted
from assistant.settings import Settings
from assistant.values import Answer


def answer_of(
    base: Answer,
    made: Composed | Chosen | None,
    likely: Mapping[str, float],
    similar: Similar,
    settings: Settings,
    *,
    digest: bool,
) -> Answer:
    """The answer, without its timings. `made` is None where no model was asked."""
    if isinstance(made, Chosen):
        return with_marks(_settled(by_choice(made, base, settings), similar, settings), made.likely)
    drafted = made.sentences if made else ()
    if digest:
        return _told(base, drafted, similar, settings)
    return with_marks(
        _settled(_composed(base, drafted, likely, similar, settings), similar, settings), likely
    )


def _composed(
    base: Answer,
    drafted: Sequence[Drafted],
    likely: Mapping[str, float],
    similar: Similar,
    settings: Settings,
) -> Answer:
    """Checked claims first, then the quotes that answer best, within `answer_words`."""
    question, evidence = base.standalone_question, base.evidence
    if not evidence:
        return base
    claims, dropped = checked(question, drafted, evidence, similar, settings)
    # A direct answer comes first; what a weak model adds to it is rambling and would vote astray.
    draft = drafted[0].text if drafted else ""
    parts = assemble(question, draft, claims, evidence, Limits(settings.answer_words), likely)
    return replace(answered(base, *parts), dropped=tuple(dropped))


def _settled(answer: Answer, similar: Similar, settings: Settings) -> Answer:
    """An answer that opens with yes or no where one quote is certain to decide it, and that shows both
    quotes where two articles disagree."""
    question = answer.standalone_question
    if answer.status == "answered" and asked_for(question).kind == "yes_no":
        found = decide(question, answer.evidence, similar)
        if found:
            return decided(answer, *found)
    return both_sides(answer, question, answer.evidence, settings.answer_words)


def _told(digest: Answer, drafted: Sequence[Drafted], similar: Similar, settings: Settings) -> Answer:
    """A digest, or the prose that a model made of it when all of it holds and it covers the quotes."""
    claims, dropped = checked(digest.standalone_question, drafted, digest.evidence, similar, settings)
    return digest if dropped or not covers(claims, digest.evidence) else prose(digest, claims)
