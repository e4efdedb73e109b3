"""One manifest a year: which questions of the bank, in which order, with which words."""
