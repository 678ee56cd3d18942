"""The encoder by itself, and the texts that a build embeds: what it would take if it did nothing else."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from index.embed import default_encoder_folder
from index.library import Library
from index.passages import passage_header
from index.rows import embedded_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32  # Footnote's, and the default of sentence-transformers


def raw_encoder(dtype: str | None = None, folder: str | None = None) -> "SentenceTransformer":
    """The default encoder (or the one in `folder`), as sentence-transformers loads it; without `dtype` with
    the one that it chooses."""
    from sentence_transformers import SentenceTransformer

    chosen = {"model_kwargs": {"dtype": dtype}} if dtype else {}
    return SentenceTransformer(
        folder or str(default_encoder_folder()), device="cpu", local_files_only=True, **chosen
    )


def embedded_texts(library: Library, count: int | None = None) -> list[str]:
    """What `add` embeds of the first `count` articles, or of all: passages, then sentences, each text
    once."""
    live, encoder = library.live, library.encoder
    articles = {a.id: a for a in sorted(live.articles(), key=lambda a: a.file)[:count]}
    headers = {
        id: passage_header(article, encoder.count_tokens, encoder.window_tokens)
        for id, article in articles.items()
    }
    passages = [p for p in map(live.passage, range(live.manifest.passages)) if p.article in articles]
    texts = [embedded_text(headers[p.article], articles[p.article].quote(p.span)) for p in passages]
    texts += [article.quote(s) for article in articles.values() for _, s in live.sentences(article.id)]
    return list(dict.fromkeys(texts))


def tokens_of(model: "SentenceTransformer", texts: Iterable[str]) -> tuple[int, int]:
    """Tokens that the encoder reads of the texts, and all tokens: what is beyond its window is cut off."""
    window = int(model.get_max_seq_length() or 512)
    sizes = [len(ids) for ids in model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]
    return sum(min(size, window) for size in sizes), sum(sizes)
