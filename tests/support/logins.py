"""Clients of the API that have logged in."""

import threading
import time
from collections.abc import Generator, Mapping
from typing import Any

import httpx

MARGIN_SECONDS = 300
"""How long before its end a token is replaced."""


class LoggedIn(httpx.Auth):
    """The token of a user with every request, made when one is needed and again before it ends."""

    def __init__(self, url: str, login: Mapping[str, str]) -> None:
        self._url, self._login = url, dict(login)
        self._token, self._ends = "", 0.0
        self._making = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request

    @property
    def token(self) -> str:
        with self._making:
            if time.monotonic() > self._ends:
                made = log_in(self._url, self._login)
                self._token = made["token"]
                self._ends = time.monotonic() + made["expiresIn"] - MARGIN_SECONDS
            return self._token


def log_in(url: str, login: Mapping[str, str]) -> Any:
    """What `/auth/login` answers whom it lets in."""
    answer = httpx.post(f"{url}/auth/login", json=dict(login), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()
