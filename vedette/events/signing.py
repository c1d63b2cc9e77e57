"""Signing: code runs on a host only if the account's owner has signed it (ed25519, RFC 8032).

What is signed is the plugin's name and the SHA-256 of its source. Keys are made, read and used by `cryptography`, where
they are; a host only verifies, by the far smaller libsodium. Either is loaded only where it is needed: on the host that
is a short-lived process, so that the agent stays small.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from vedette.errors import ConfigurationError, InvalidInput
from vedette.events.plugins import PluginCode, check_code, check_plugin

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32


def digest(source: bytes) -> str:
    """The SHA-256 of a source text, in hexadecimal."""
    return hashlib.sha256(source).hexdigest()


def signed_bytes(plugin: str, sha256: str) -> bytes:
    """What the signature is over."""
    return f"vedette-plugin-1\n{plugin}\n{sha256}".encode()


def make_key() -> tuple[bytes, str]:
    """A new private key (PEM, to be kept off every server) and its public key (base64), which hosts are given."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return pem, public_key(key)


def public_key(key: Ed25519PrivateKey) -> str:
    """The public key of a private one, in base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def read_key(pem: bytes, field: str) -> Ed25519PrivateKey:
    """The private key in a PEM file; `ConfigurationError` names `field` if it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(field, "***", "an ed25519 private key as `vedette plugin keygen` makes it") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(field, "***", "an ed25519 private key, not another kind")
    return key


def sign(key: Ed25519PrivateKey, plugin: str, source: str) -> PluginCode:
    """`source` with its signature, good for a plugin of that name alone."""
    check_plugin("plugin", plugin)
    sha256 = digest(source.encode())
    code = PluginCode(source, sha256, base64.b64encode(key.sign(signed_bytes(plugin, sha256))).decode())
    check_code(code, digest)
    return code


def check_key(field: str, key: str) -> bytes:
    """The 32 bytes of a public key in base64; `InvalidInput` for anything else."""
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(field, key, "an ed25519 public key, 32 bytes in base64") from error
    if len(raw) != KEY_BYTES:
        raise InvalidInput(field, key, "an ed25519 public key, 32 bytes in base64")
    return raw


def verdict(key: str, plugin: str, source: str, sha256: str, signature: str) -> str | None:
    """Why the code is not what the holder of `key` signed; None if it is."""
    try:
        verify(key, plugin, PluginCode(source, sha256, signature))
    except InvalidInput as error:
        return str(error)
    except ImportError:
        return "the library pynacl is not installed here, so nothing can be verified"
    return None


def verify(key: str, plugin: str, code: PluginCode) -> None:
    """Return if `code` is what the holder of `key` signed under this name; raise `InvalidInput` that says why not."""
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    raw = check_key("key", key)
    check_code(code, digest)
    try:
        signature = base64.b64decode(code.signature, validate=True)
        VerifyKey(raw).verify(signed_bytes(plugin, code.sha256), signature)
    except (CryptoError, binascii.Error, ValueError) as error:
        allowed = f"a signature of the account's key over {plugin!r} and this source"
        raise InvalidInput("code.signature", code.signature, allowed) from error
