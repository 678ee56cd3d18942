"""A question as it was typed → what is asked: kind, period, a follow-up made to stand alone."""
