"""A question → numbered quotes that bear on it, or that nothing does."""
