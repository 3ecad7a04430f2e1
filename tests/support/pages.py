"""Web pages for a real browser: what a page of another origin can do to the local stack."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.servers import answering, serving

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DONE = "finished"


def browser() -> str | None:
    """The path of Chromium, if this machine has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def shown(program: str, script: str) -> str:
    """The document that is there once a page of another loopback port has run `script`.

    The script may wait; what it returns is the page's text.
    """
    page = (
        "<!doctype html><title>page</title><body><script>"
        f"(async () => {{ const said = await (async () => {{ {script} }})();"
        f"document.body.textContent = said + ' {DONE}'; }})();</script></body>"
    )
    served = answering("HTTP/1.1 200 OK\ncontent-type: text/html", page.encode())
    with serving(served) as server, tempfile.TemporaryDirectory() as profile:
        return _dom(program, server.url, Path(profile))


def _dom(program: str, url: str, profile: Path) -> str:
    done = subprocess.run(  # noqa: S603 - the browser of this machine, on a page of ours
        [
            *(program, *FLAGS, f"--user-data-dir={profile}"),
            *("--virtual-time-budget=20000", "--timeout=30000", "--dump-dom", url),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert DONE in done.stdout, done.stdout + done.stderr
    return done.stdout
