"""An answer → the same, with where each of its quotes comes from: page, version, and who else tells it.

Wire copy is one source, however many papers print it: articles that tell nearly the same are counted once.
"""

from dataclasses import replace

from assistant.values import Answer, Citation
from index.permalink import Permalink
from index.store import Generation


def with_origins(answer: Answer, generation: Generation) -> Answer:
    """`generation` is the one that the answer was made from."""
    named = replace(answer, generation=generation.manifest.generation)
    if not answer.citations:
        return named
    stories = {id: tuple(generation.story(id)) for id in {c.source.article for c in answer.citations}}
    return replace(
        named,
        citations=tuple(_with_origin(c, generation, stories[c.source.article]) for c in answer.citations),
        independent_sources=len(set(stories.values())),
    )


def _with_origin(citation: Citation, generation: Generation, story: tuple[str, ...]) -> Citation:
    article = generation.article(citation.source.article)
    link = str(Permalink.of(article, citation.span))
    also = tuple(id for id in story if id != article.id)
    return replace(citation, page=article.page(citation.start), permalink=link, also_in=also)
