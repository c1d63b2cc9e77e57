"""The names of the libraries that the given extras of pyproject.toml want, one a line; `-name` leaves one out."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = [name for name in sys.argv[1:] if not name.startswith("-")]
unwanted = {name[1:] for name in sys.argv[1:] if name.startswith("-")}
wanted = project["dependencies"] + [line for name in extras for line in project["optional-dependencies"][name]]
print("\n".join(sorted({line for line in wanted if re.match(r"[\w.-]+", line)[0] not in unwanted})))
