"""Log lines: text for people, JSON for programs, nothing below the level that was asked for."""

import io
import json
import logging

import pytest

from fakeldapd import logs


def say(form: str, level: str) -> list[str]:
    stream = io.StringIO()
    logs.configure(form, level, stream)
    log = logging.getLogger("fakeldapd.somewhere")
    log.debug("too much")
    log.info("hello %s", "wörld", extra={"ldap": {"code": 0}})
    try:
        raise ValueError("oops")
    except ValueError:
        log.exception("failed")
    logging.getLogger("other").info("not ours")
    return stream.getvalue().splitlines()


def test_text() -> None:
    first, second, *traceback = say("text", "info")
    assert first.endswith(" info hello wörld")
    assert second.endswith(" error failed")
    assert traceback[-1] == "ValueError: oops"


def test_json() -> None:
    first, second = (json.loads(line) for line in say("json", "info"))
    assert first.pop("time").endswith("+00:00")
    assert first == {"level": "info", "logger": "fakeldapd.somewhere", "message": "hello wörld", "code": 0}
    assert second["traceback"].endswith("ValueError: oops")


@pytest.mark.parametrize(("level", "lines"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 1)])
def test_levels(level: str, lines: int) -> None:
    assert len(say("json", level)) == lines
