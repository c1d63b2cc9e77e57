"""Variables: secrets that the command line reads itself, given as a value or as the file that `NAME_FILE` names."""

from __future__ import annotations

import os
from pathlib import Path

from vedette.errors import ConfigurationError


def secret(name: str) -> str | None:
    """The value of `name`, or the content of the file that `NAME_FILE` names, stripped; None if neither is set.

    Raises `ConfigurationError` if the file cannot be read.
    """
    value = os.environ.get(name)
    path = os.environ.get(f"{name}_FILE")
    if value is not None or path is None:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}_FILE", path, f"a readable file ({error})") from error
