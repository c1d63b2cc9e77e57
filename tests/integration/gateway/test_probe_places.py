"""Places of locations: what the gateway tells each probe lets them divide a monitor's interval."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from probes.loader import MonitorLoader
from probes.monitors import Monitor
from probes.places import Place
from probes.schedule import newest_slot, offset_s
from tests.integration.gateway.server import Gateway
from vedette.monitors import MonitorSpec
from vedette.store import monitors

INTERVAL_S = 60
LOCATIONS = ("fra-1", "lon-1", "ams-1")
Told = tuple[list[Monitor], Place | None]


def told(gateway: Gateway, location: str) -> Told:
    """What a probe there takes from the gateway, by its own loader."""

    async def load() -> Told:
        headers = {"Authorization": f"Bearer {gateway.ours.tokens['probe']}"}
        found: list[Told] = []
        async with httpx.AsyncClient(base_url=gateway.url, headers=headers) as client:
            loader = MonitorLoader(
                client, None, location, gateway.clock, changed=lambda mine, place: found.append((mine, place))
            )
            assert await loader.load(), loader.reason
        return found[0]

    return asyncio.run(load())


def test_locations_of_monitors_that_list_none_divide_the_interval(fresh: Gateway, dsn: str, tmp_path: Path) -> None:
    for number in range(20):
        spec = MonitorSpec(name=f"m{number}", url="http://a/", interval_s=INTERVAL_S)
        monitors.add(fresh.store, fresh.ours.account, spec)
    for location in LOCATIONS:
        told(fresh, location)
    first = {location: told(fresh, location) for location in LOCATIONS}
    assert [place for _, place in first.values()] == [Place(0, 3), Place(1, 3), Place(2, 3)]
    for each in zip(*(mine for mine, _ in first.values()), strict=True):
        places = [place for _, place in first.values()]
        at = sorted(offset_s(*one) for one in zip(each, LOCATIONS, places, strict=True))
        assert [at[1] - at[0], at[2] - at[1]] == [20, 20]
        slots = sorted(newest_slot(m, loc, 1_700_000_000, p) for m, loc, p in zip(each, LOCATIONS, places, strict=True))
        assert [slots[1] - slots[0], slots[2] - slots[1]] == [20, 20]
    with Gateway(dsn, tmp_path / "restarted", beside=fresh) as restarted:
        again = {location: told(restarted, location) for location in reversed(LOCATIONS)}
    assert again == first


def test_a_list_has_another_etag_when_a_location_appears_and_not_when_it_asks_again(fresh: Gateway) -> None:
    def asked(location: str, etag: str = "") -> httpx.Response:
        headers = {"If-None-Match": etag} if etag else {}
        return fresh.get(f"/v1/probe/monitors?location={location}", "probe", headers=headers)

    first = asked("fra-1")
    assert first.json() == {"monitors": [], "place": {"index": 0, "count": 1}}
    assert asked("fra-1", first.headers["ETag"]).status_code == 304
    asked("lon-1")
    changed = asked("fra-1", first.headers["ETag"])
    assert changed.json()["place"] == {"index": 0, "count": 2}
    asked("lon-1")
    assert asked("fra-1", changed.headers["ETag"]).status_code == 304
