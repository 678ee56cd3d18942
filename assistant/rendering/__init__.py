"""Values → Markdown and safe HTML: where all escaping of an answer lives."""
