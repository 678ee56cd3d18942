"""Commands of the terminal, by what they look after."""
