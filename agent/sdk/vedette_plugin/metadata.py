"""Metadata: what a plugin says about its options, its metrics and the rules that suit them."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal

    Kind = Literal["gauge", "counter", "delta"]
    Severity = Literal["warning", "critical"]
    Value = str | int | float | bool | list[str] | dict[str, Any]


class Option:
    """Something that is set for each instance.

    The type of `default` is the option's type: text, int, float, bool, a list of texts, or a table. One that is
    `required` has no usable default, which then only gives its type. A `secret` is masked wherever it would be shown.
    """

    __slots__ = ("default", "name", "notes", "required", "secret")

    def __init__(
        self, name: str, default: "Value" = "", notes: str = "", *, required: bool = False, secret: bool = False
    ) -> None:
        self.name = name
        self.default = default
        self.notes = notes
        self.required = required
        self.secret = secret

    def as_dict(self) -> "dict[str, Any]":
        """As it is listed."""
        return {key: getattr(self, key) for key in ("name", "default", "notes", "required", "secret")}


class Rule:
    """A default rule of a metric: trouble while it is `above` or `below` a limit for `for_s` seconds."""

    __slots__ = ("above", "below", "for_s", "name", "severity")

    def __init__(
        self,
        name: str,
        *,
        above: float | None = None,
        below: float | None = None,
        for_s: int = 0,
        severity: "Severity" = "warning",
    ) -> None:
        if (above is None) == (below is None):
            raise ValueError(f"rule {name!r}: either above or below must be given")
        self.name = name
        self.above = above
        self.below = below
        self.for_s = for_s
        self.severity = severity

    def as_dict(self) -> "dict[str, Any]":
        """As it is listed."""
        return {key: getattr(self, key) for key in ("name", "above", "below", "for_s", "severity")}


class Metric:
    """One metric, whatever labels its series have.

    `name` ends with its unit where it has one (`used_bytes`, `hit_ratio`, `wait_s`); ratios are 0..1. A `counter` is a
    total that only grows until a restart: it is drawn, and ruled upon, as its rate per second. `precision` is how many
    decimals make sense, `larger_is_better` what a colour may say (None: neither).
    """

    __slots__ = ("kind", "label", "larger_is_better", "name", "precision", "rules", "unit")

    def __init__(
        self,
        name: str,
        label: str,
        unit: str = "",
        precision: int = 0,
        *,
        larger_is_better: bool | None = None,
        kind: "Kind" = "gauge",
        rules: "Sequence[Rule]" = (),
    ) -> None:
        self.name = name
        self.label = label
        self.unit = unit
        self.precision = precision
        self.larger_is_better = larger_is_better
        self.kind = kind
        self.rules = tuple(rules)

    def as_dict(self) -> "dict[str, Any]":
        """As it is listed."""
        plain = {key: getattr(self, key) for key in ("name", "label", "unit", "precision", "larger_is_better", "kind")}
        return {**plain, "rules": [rule.as_dict() for rule in self.rules]}
