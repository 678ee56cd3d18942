"""Makes what is shipped beside the code: the reader and the weights of the evidence. Never needed to run."""
