"""Conversations and reports on disk."""
