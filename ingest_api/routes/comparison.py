"""Two references of a model, compared."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Depends

from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import NotFound
from vedette.store import models
from vedette.windows.drift_config import DriftConfig

router = APIRouter(prefix="/v1/models", tags=["models"])
_ABOUT = ("id", "version", "rows", "created_ms")


@router.get("/{model}/references/{first}/compare/{second}", summary="Compare two references of a model")
def compare_references(
    model: int,
    first: int,
    second: int,
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """The second as if it were a window of the first, by the model's `alpha`, `correction` and `tolerated`.

    Only what both profiles say exactly is compared: `not_compared` names what is not, and why. `ks` and `wasserstein`
    are bounds. A feature whose distributions cannot be compared, and of which nothing else differs, is `undecided`.
    """
    from vedette.statistics.drift.comparison import compare  # it needs scipy, which a gateway does without at its start
    from vedette.statistics.drift.profile import FeatureProfile

    config = msgspec.convert(models.get(found.store, principal.account, model)["config"], DriftConfig)
    sides = [models.reference(found.store, principal.account, number) for number in (first, second)]
    for side in sides:
        if side["model"] != model:
            raise NotFound(f"reference {side['id']} of model {model} does not exist")
    reference, window = ([FeatureProfile.from_dict(one) for one in side["profiles"]] for side in sides)
    told: dict[str, Any] = msgspec.to_builtins(compare(reference, window, config.plan()))
    before, after = ({key: side[key] for key in _ABOUT} for side in sides)
    return {"model": model, "first": before, "second": after, **told}
