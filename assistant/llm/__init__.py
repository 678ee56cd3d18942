"""The language model: which file, fetched and found; talking to it through llama.cpp."""
