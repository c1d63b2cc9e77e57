"""What a channel is: a configuration that can deliver a notification."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import httpx


class DeliveryError(Exception):
    """A notification was not delivered. `permanent`: no later attempt can succeed with this configuration."""

    def __init__(self, answer: str, *, permanent: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(answer)
        self.answer = answer
        self.permanent = permanent
        self.retry_after_s = retry_after_s


class Channel(ABC):
    """One configured channel."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Check a configuration; `InvalidInput` names what is wrong with it."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """What is stored."""

    @abstractmethod
    async def deliver(self, client: httpx.AsyncClient, identity: str, body: dict[str, Any], now_s: int) -> str:
        """Deliver once; the receiver's answer in a few words, or a `DeliveryError`.

        `identity` is the idempotency key: the same for every attempt at one notification.
        """
