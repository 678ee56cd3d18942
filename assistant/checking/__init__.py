"""A sentence and the quotes it cites → whether they carry it."""
