"""Where the lean agent goes on; `vedette agent` comes here by itself, see `agent.lean`."""

from __future__ import annotations

import sys

# Nice pictures of errors on a terminal cost 5 MB; libraries that could draw them do without. Greenlets, which logging
# looks for, cost another, and here are none.
for _name in ("rich", "pygments", "click", "greenlet"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type] # so an import of it fails, as if it was not there

from agent.lean import go_on  # noqa: E402 - after what must not be imported
from agent.main import serve  # noqa: E402 - the same
from vedette.errors import VedetteError  # noqa: E402 - the same

if __name__ == "__main__":
    try:
        serve(go_on(int(sys.argv[1])))
    except VedetteError as error:
        sys.exit(f"error: {error}")  # one line, and code 1, as `vedette` itself does it
