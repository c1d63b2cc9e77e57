"""Tell Vedette of the model: its name, how its windows are judged, what it was trained with, and whom to alert."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import httpx

from examples.visits.people import TRAINED, people, scores, trained
from vedette_client import VedetteClient

MODEL, VERSION = "doctor-visits", "1"
WINDOW_S = 60


def register(url: str, token: str) -> int:
    """The number of the new model."""
    with VedetteClient(url, token) as client:
        model = int(client.models.register(MODEL, window_s=WINDOW_S, alpha=0.01)["id"])
        client.models.add_version(model, VERSION)
        client.references.upload(model, reference())
        client.models.set_stage(model, VERSION, "production")
    rule = {"name": f"{MODEL} drifts", "kind": "drift", "model": model}
    headers = {"Authorization": f"Bearer {token}"}
    httpx.post(f"{url}/v1/rules", json=rule, headers=headers, timeout=30).raise_for_status()
    return model


def reference() -> list[dict[str, Any]]:
    """What the model was trained with, and what it says of it: predictions are watched as features are."""
    some = people()[0][:TRAINED]
    said = scores(trained(), some)
    return [{**person, "prediction": score} for person, score in zip(some, said, strict=True)]


def main() -> None:
    """Register, and say under which number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8420")
    parser.add_argument("--token-file", type=Path, default=Path(".vedette/tokens/cli"), help="of a token for admin")
    asked = parser.parse_args()
    number = register(asked.url, asked.token_file.read_text(encoding="utf-8").strip())
    print(f"{MODEL} is model {number}: {asked.url}/#/models/{number}")


if __name__ == "__main__":
    main()
