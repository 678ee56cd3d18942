"""Quotes and a checked draft → the text of an answer and its footnotes."""
