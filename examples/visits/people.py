"""The people of the example, and the model that is trained with half of them.

Data: the RAND health insurance experiment (statsmodels `randhie`, 20,190 rows), which pip installs with statsmodels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.datasets import randhie

FEATURES = ("lncoins", "idp", "lpi", "fmde", "physlm", "disea", "hlthg", "hlthf", "hlthp")
"""Coinsurance and payments (logarithms), kinds of plan, limitations, chronic diseases, health by own judgement."""
TRAINED = 10_000
Person = dict[str, float]


def people() -> tuple[list[Person], list[bool]]:
    """Everybody, in an order without meaning, and whether each saw a doctor within the year."""
    table = randhie.load_pandas().data.sample(frac=1, random_state=7)
    return table[list(FEATURES)].astype(float).to_dict("records"), (table["mdvis"] > 0).tolist()


def trained() -> Pipeline:
    """The model, trained with the first people."""
    some, visited = people()
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix(some[:TRAINED]), visited[:TRAINED])


def scores(model: Pipeline, some: list[Person]) -> list[float]:
    """Of each person, the probability of a visit."""
    found: list[float] = model.predict_proba(matrix(some))[:, 1].tolist()
    return found


def matrix(some: list[Person]) -> Any:
    """The people as rows of numbers, for scikit-learn."""
    return np.array([[person[name] for name in FEATURES] for person in some])
