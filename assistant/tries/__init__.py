"""Articles → questions that they answer."""
