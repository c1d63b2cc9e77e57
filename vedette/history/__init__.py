"""History: raw events out of the archive, folded once more into the rows that a dataflow made of them."""
