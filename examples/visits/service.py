"""The model as a web service: `uvicorn --factory examples.visits.service:create_app`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from examples.visits.middleware import RecordPredictions
from examples.visits.people import FEATURES, scores, trained
from examples.visits.register import MODEL, VERSION
from vedette_client import Recorder


class Asked(BaseModel):
    """A person: see `people.FEATURES`."""

    model_config = ConfigDict(extra="forbid")

    lncoins: float
    idp: float
    lpi: float
    fmde: float
    physlm: float
    disea: float
    hlthg: float
    hlthf: float
    hlthp: float


def create_app(recorder: Recorder | None = None) -> FastAPI:
    """The service. Without a recorder it makes one that sends to VEDETTE_URL with VEDETTE_TOKEN."""
    found = recorder or Recorder(
        os.environ["VEDETTE_URL"], os.environ["VEDETTE_TOKEN"], model=MODEL, version=VERSION, batch_age_s=0.5
    )
    model = trained()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        found.close()

    app = FastAPI(title="Doctor visits", lifespan=lifespan)
    app.add_middleware(RecordPredictions, recorder=found, path="/predict", time_header="x-event-time")

    @app.post("/predict")
    def predict(person: Asked) -> dict[str, float]:
        """The probability that this person sees a doctor within a year."""
        return {"prediction": scores(model, [{name: getattr(person, name) for name in FEATURES}])[0]}

    return app
