"""Plugin code: `PUT /v1/plugins/{name}` with what the account's owner has signed, and the key that goes with it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.fleet.orders import tell_changed
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import Conflict, InvalidInput
from vedette.events.plugins import PluginCode, check_plugin
from vedette.events.signing import check_key, verdict, verify
from vedette.store import plugins, roles

router = APIRouter(prefix="/v1", tags=["plugins"])


class Key(BaseModel):
    """The public half of the key that signs plugins."""

    model_config = ConfigDict(extra="forbid")

    public_key: str = Field(max_length=100, description="ed25519, base64, as `vedette plugin keygen` prints it")


class Code(BaseModel):
    """A plugin's source with its signature, as `vedette plugin sign` prints it."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(description="Python; of a `nagios` or `json` plugin: its command")
    sha256: str = Field(max_length=64, description="of the source in UTF-8, hexadecimal")
    signature: str = Field(max_length=200, description="base64, over the plugin's name and the hash")
    notes: str = Field(default="", max_length=2000)


@router.put("/account/plugin-key", summary="Set the key that signs plugins")
def put_key(
    body: Key, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Hosts learn it when they are enrolled, and trust no other: one that has a key keeps it until it is enrolled anew.

    `unsigned` names the plugins whose signatures are not good for this key; they have to be signed again.
    """
    check_key("public_key", body.public_key)
    plugins.set_public_key(found.store, principal.account, body.public_key)
    names = [row["name"] for row in plugins.listed(found.store, principal.account)]
    unsigned = [name for name in names if not _good(found, principal.account, name, body.public_key)]
    return {"public_key": body.public_key, "unsigned": unsigned}


@router.get("/account/plugin-key", summary="The key that signs plugins")
def get_key(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Null if the account has none."""
    return {"public_key": plugins.public_key(found.store, principal.account)}


@router.get("/plugins", summary="Plugin code of the account")
def list_plugins(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """By name, without the code."""
    return {"plugins": plugins.listed(found.store, principal.account)}


@router.get("/plugins/{name}", summary="One plugin with its code")
def get_plugin(
    name: str, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """As it was put."""
    check_plugin("name", name)
    return plugins.get(found.store, principal.account, name)


@router.put("/plugins/{name}", summary="Publish signed plugin code")
def put_plugin(
    name: str, body: Code, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Refused unless the signature is good for the account's key. Hosts judge it again, by the key that they have.

    Those that are to run it are told at once.
    """
    check_plugin("name", name)
    key = plugins.public_key(found.store, principal.account)
    if key is None:
        raise Conflict("this account has no key for plugins yet: vedette plugin keygen, then vedette plugin trust")
    if "\0" in body.notes:
        raise InvalidInput("notes", body.notes, "text without NUL")
    code = PluginCode(body.source, body.sha256, body.signature)
    verify(key, name, code)
    plugins.put(found.store, principal.account, name, code, body.notes)
    _tell_hosts(found, principal.account, name)
    return plugins.get(found.store, principal.account, name)


@router.delete("/plugins/{name}", status_code=204, summary="Remove plugin code")
def remove_plugin(
    name: str, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Hosts stop running it at once."""
    check_plugin("name", name)
    plugins.remove(found.store, principal.account, name)
    _tell_hosts(found, principal.account, name)
    return Response(status_code=204)


def _tell_hosts(found: Context, account: int, plugin: str) -> None:
    tell_changed(found.log, account, roles.sources_running(found.store, account, plugin))


def _good(found: Context, account: int, name: str, key: str) -> bool:
    code = plugins.code_of(found.store, account, name)
    return code is not None and verdict(key, name, code.source, code.sha256, code.signature) is None
