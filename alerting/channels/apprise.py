"""Apprise: the services that have no file of their own here, through the library of that name.

Source: Apprise's documentation, "URL Basics" and "Development API".
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote

from pydantic import AfterValidator, Field, SecretStr

from alerting.channels.base import HIDDEN, Channel, DeliveryError, Outward
from alerting.channels.wording import Message, message_of
from alerting.confinement import Confined, confined

if TYPE_CHECKING:
    from apprise import NotifyBase

LOCAL = frozenset(
    {"blink1", "dbus", "deltachat", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}
    # These connect from threads of their own, where nobody looks whether the address is private.
    | {"mqtt", "mqtts", "xmpp", "xmpps"}
)
"""Schemes that are refused: they show something on this host, or cannot be confined."""
FILES = frozenset({"attach", "keyfile", "pgpkey", "subfile"})
"""Parameters that name files. Others may (`template`), or name what the service has: opening files is refused, too."""
AT_ONCE, AT_ONCE_A_PLACE = 16, 3
"""Threads of all channels, and of those to one place."""
_LONGEST = 4000
_SHOWN = 200
_SHORTEST_HIDDEN = 4
_WORDS = {"start": "failure", "end": "success"}


def _checked(url: SecretStr) -> SecretStr:
    found = url.get_secret_value()
    scheme = found.partition("://")[0].lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]{0,30}", scheme) or len(found) > _LONGEST or not found.isprintable():
        raise ValueError(f"an apprise URL such as gotify://host/token, of at most {_LONGEST} characters")
    if scheme in LOCAL:
        raise ValueError(f"an apprise URL of a service elsewhere, not of {', '.join(sorted(LOCAL))}")
    parameters = {unquote(one.partition("=")[0]).lower() for one in re.split(r"[?&]", found)[1:]}
    if parameters & FILES:
        raise ValueError(f"an apprise URL without files of this host ({', '.join(sorted(FILES))})")
    if not _known(found):
        raise ValueError("an apprise URL that the library knows, with all that its service needs")
    return url


@lru_cache(maxsize=256)
def _known(url: str) -> bool:
    """Whether a service can be made of it; nothing is connected to."""
    return _service(url, Confined(connects=False)) is not None


def _service(url: str, within: Confined) -> NotifyBase | None:
    from apprise import Apprise, AppriseAsset, PersistentStoreMode
    from apprise.manager_plugins import NotificationManager

    _silence()
    # What plugins do when they are imported is theirs, and not by a user's will.
    NotificationManager().schemas()  # type: ignore[no-untyped-call]
    asset = AppriseAsset(
        app_id="Vedette", app_desc="Vedette", app_url="", plugin_paths=[], storage_mode=PersistentStoreMode.MEMORY
    )
    with confined(within):
        found = Apprise.instantiate(url, asset=asset)
    return None if found is None or _schemes(found) & LOCAL else found


def _schemes(service: NotifyBase) -> set[str]:
    """All by which its kind is known."""
    found: set[str] = set()
    for one in (service.protocol, service.secure_protocol):
        found |= {one} if isinstance(one, str) else set(one or ())
    return found


@cache
def _silence() -> None:
    """The library's log names hosts and keys: what is needed of it is in the answer."""
    log = logging.getLogger("apprise")
    log.addHandler(logging.NullHandler())
    log.propagate = False


class Threads:
    """Threads of their own for what cannot be ended: a service that never comes to an end holds up others of its kind
    at most, and nothing that the process does besides."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    async def run(self, place: str, do: Callable[[], str]) -> str:
        """What `do` returns or raises; a `DeliveryError` if earlier calls to the same place, or too many, still run."""
        with self._lock:
            if self._running[place] >= AT_ONCE_A_PLACE or self._running.total() >= AT_ONCE:
                raise DeliveryError("busy: earlier attempts have not come to an end")
            self._running[place] += 1
        found: concurrent.futures.Future[str] = concurrent.futures.Future()

        def work() -> None:
            found.set_running_or_notify_cancel()
            try:
                found.set_result(do())
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                found.set_exception(error)
            finally:
                with self._lock:
                    self._running -= Counter({place: 1})

        threading.Thread(target=work, name="apprise", daemon=True).start()
        return await asyncio.wrap_future(found)


@cache
def _threads() -> Threads:
    return Threads()


class Apprise(Channel):
    """Delivers to the service of `apprise_url`."""

    FOR_PEOPLE = True

    # Not `url`: settings of one name are secret for all kinds, or for none.
    apprise_url: Annotated[SecretStr, AfterValidator(_checked)] = Field(
        description="an apprise URL such as gotify://host/token"
    )

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        within = Confined(allow_private=outward.allow_private)
        message = message_of(body, outward.page)
        try:
            # The thread cannot be ended: it opens no more connections when nobody waits for it any more.
            async with asyncio.timeout(outward.timeout_s):
                place = self.apprise_url.get_secret_value()
                return await _threads().run(place, lambda: self._send(within, message, outward.timeout_s))
        except TimeoutError:
            raise DeliveryError("no answer in time") from None
        finally:
            within.abandoned = True

    def _send(self, within: Confined, message: Message, timeout_s: float) -> str:
        service = _service(self.apprise_url.get_secret_value(), within)
        if service is None:
            raise DeliveryError("the library knows no such service")
        service.socket_connect_timeout = service.socket_read_timeout = timeout_s
        text = message.text.partition("\n")[2]
        kind = _WORDS.get(message.event, "info")
        with _Said() as said, confined(within):
            try:
                taken = service.notify(body=text, title=message.heading, notify_type=kind, body_format="text")
            except Exception as error:  # noqa: BLE001 - plugins of a hundred services raise what they like
                raise self._failure(within, f"{type(error).__name__}: {error}") from None
        if not taken:
            raise self._failure(within, said.last or "not taken")
        return f"taken by {service.service_name}"

    def _failure(self, within: Confined, text: str) -> DeliveryError:
        """What we held back ourselves is told as it is."""
        return DeliveryError(within.refused or self._without_pieces(text))

    def _without_pieces(self, text: str) -> str:
        """Without what stands in the URL: plugins name hosts and keys in what they say."""
        _, _, rest = self.apprise_url.get_secret_value().partition("://")
        for piece in sorted(re.split(r"[/:@?&=#,]+", rest), key=len, reverse=True):
            for form in (piece, unquote(piece)):
                if len(form) >= _SHORTEST_HIDDEN:
                    text = text.replace(form, HIDDEN)
        return "".join(char if char.isprintable() else " " for char in text)[:_SHOWN]


class _Said(logging.Handler):
    """What the library says in this thread while the block runs: it tells why only to its log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: str | None = None
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()

    def __enter__(self) -> _Said:
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
