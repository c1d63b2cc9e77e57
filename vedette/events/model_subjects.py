"""Subjects of signals about models: the model itself, one of its features, or a feature in one segment of its rows."""

from __future__ import annotations

_QUOTED = (("%", "%25"), ("/", "%2F"))


def subject_of(model: int, version: str, feature: str = "", segment: str | None = None) -> str:
    """`model:ID@VERSION/FEATURE` or `segment:ID@VERSION/SEGMENT/FEATURE`, without what there is not.

    In a segment % and / stand as %25 and %2F.
    """
    named = f"{model}@{version}" if version else f"{model}"
    if segment is None:
        return f"model:{named}/{feature}" if feature else f"model:{named}"
    for plain, quoted in _QUOTED:
        segment = segment.replace(plain, quoted)
    return f"segment:{named}/{segment}/{feature}"


def together_of(model: int, version: str) -> str:
    """All features of a model together: the feature that has no name."""
    return f"{subject_of(model, version)}/"


def labels_of_model(subject: str) -> dict[str, str]:
    """`model`, `feature` and `segment` of such a subject; those that it has none of are left out."""
    kind, _, rest = subject.partition(":")
    version, _, rest = rest.partition("/")
    found = {"model": version.partition("@")[0]}
    if kind == "segment":
        segment, _, rest = rest.partition("/")
        for plain, quoted in reversed(_QUOTED):
            segment = segment.replace(quoted, plain)
        found["segment"] = segment
    return found | ({"feature": rest} if rest else {})
