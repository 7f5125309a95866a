"""How fast the calendar answers and books, beside the least that could be done: `make bench`."""
