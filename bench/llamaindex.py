"""LlamaIndex's VectorStoreIndex over a folder of articles, with our encoder: what a build is compared with.

The only file that knows LlamaIndex, which is needed for this alone: `pip install -c constraints.txt
'.[bench]'`. Files are read by its SimpleDirectoryReader, cut by its SentenceSplitter, embedded as its class
for sentence-transformers does, and written by its `persist`. It embeds the chunks alone: no sentences, no
keyword index, no check of what it wrote.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

INSTALL = "LlamaIndex is not installed: pip install -c constraints.txt '.[bench]'"


def build(
    articles: Path,
    library: Path,
    model: "SentenceTransformer",
    *,
    chunk_tokens: tuple[int, int] | None = None,
    batch: int | None = None,
) -> list[str]:
    """Read, cut, embed and write; the texts that were embedded. `chunk_tokens` are the length of a chunk and
    of the overlap, `batch` how many are embedded at a time; both as LlamaIndex would choose without them.
    Raises ImportError."""
    from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
    from llama_index.core.base.embeddings.base import DEFAULT_EMBED_BATCH_SIZE, BaseEmbedding
    from llama_index.core.node_parser import SentenceSplitter

    embedded: list[str] = []

    class Ours(BaseEmbedding):
        """As llama-index-embeddings-huggingface calls the same model, without its other dependencies."""

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            embedded.extend(texts)
            rows = model.encode(
                texts, batch_size=self.embed_batch_size, normalize_embeddings=True, show_progress_bar=False
            )
            found: list[list[float]] = rows.tolist()
            return found

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    cut = chunk_tokens and [SentenceSplitter(chunk_size=chunk_tokens[0], chunk_overlap=chunk_tokens[1])]
    index = VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(articles), recursive=True).load_data(),
        embed_model=Ours(embed_batch_size=batch or DEFAULT_EMBED_BATCH_SIZE),
        transformations=cut,
    )
    index.storage_context.persist(str(library))
    return embedded


def default_chunk_tokens() -> tuple[int, int]:
    """The length of a chunk and of the overlap when nobody says otherwise. Raises ImportError."""
    from llama_index.core import Settings

    return Settings.chunk_size, Settings.chunk_overlap
