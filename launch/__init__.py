"""The command line, and `vedette up`: composition only."""

import os

# Before numpy is imported anywhere: OpenBLAS would take a thread for each core and spin in all of them for products of
# a few thousand numbers, which is what flows and gateway compute. Whoever wants it otherwise says so.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
