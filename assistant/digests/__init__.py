"""A question that wants more than a fact → dated quotes."""
