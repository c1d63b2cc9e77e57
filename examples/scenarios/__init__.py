"""Five ways in which real data go wrong, each found in data that are quiet otherwise.

Run one from the repository's root: `python -m examples.scenarios.units`. It needs statsmodels,
and `concept` scikit-learn.
"""
