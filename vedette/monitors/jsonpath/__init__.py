"""JSON path: the values of a document that a query such as `$.items[?@.size > 3].name` names (RFC 9535)."""

from vedette.monitors.jsonpath.grammar import parse_path
from vedette.monitors.jsonpath.looking import MOST_LOOKS, Look, TooMuchWork, compares, same
from vedette.monitors.jsonpath.query import Query, find
from vedette.monitors.jsonpath.scanning import FORM, MOST_STEPS

__all__ = ["FORM", "MOST_LOOKS", "MOST_STEPS", "Look", "Query", "TooMuchWork", "compares", "find", "parse_path", "same"]
