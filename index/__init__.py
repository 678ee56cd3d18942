"""From article files to a searchable library on disk.

Imports point down only: `library` → `store` → `passages` → the level-2 files → `text` → `errors`.
Nothing in this package knows about questions, language models or the chat.
"""
