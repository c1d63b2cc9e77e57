"""The account: what it decides for itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.store import account_settings

router = APIRouter(prefix="/v1/account", tags=["account"])
_EXAMPLE: dict[str, Any] = {"trend_false_alarms_per_day": 0.2, "anomaly_false_alarms_per_week": 1.0}
_SHOWN: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": _EXAMPLE}}}}


class AccountSettings(BaseModel):
    """Settings to change; what is not given stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}, strict=True)

    trend_false_alarms_per_day: float | None = Field(
        default=None, ge=0.01, le=1000, description="false alarms about steps of Apdex, over all monitors together"
    )
    anomaly_false_alarms_per_week: float | None = Field(
        default=None,
        ge=0.25,
        le=1000,
        description="over all rules about anomalies together that name no number of their own",
    )


@router.get("/settings", summary="The account's settings", responses=_SHOWN)
def get_settings(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """As they are, or their defaults."""
    return {
        "trend_false_alarms_per_day": account_settings.trend_false_alarms(found.store, principal.account),
        "anomaly_false_alarms_per_week": account_settings.anomaly_false_alarms(found.store, principal.account),
    }


@router.patch("/settings", summary="Change the account's settings", responses=_SHOWN)
def change_settings(
    body: AccountSettings, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The trends' thresholds follow within the hour; rules about anomalies are learned anew within a minute."""
    if body.trend_false_alarms_per_day is not None:
        account_settings.allow_trend_false_alarms(found.store, principal.account, body.trend_false_alarms_per_day)
    if body.anomaly_false_alarms_per_week is not None:
        account_settings.allow_anomaly_false_alarms(found.store, principal.account, body.anomaly_false_alarms_per_week)
    return get_settings(principal, found)
