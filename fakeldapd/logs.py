"""Log lines on standard error, for people or for programs.

What is logged goes through the standard library's ``logging``, Twisted's own messages included. A record's extra fields
(``extra={"ldap": {...}}``) become fields of the JSON line; the text line has them in its message.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

_NAMES = {"warning": "WARNING", "error": "ERROR", "info": "INFO", "debug": "DEBUG"}


class JSONFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, RFC 3339), level, logger, message, the ``ldap`` fields, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "ldap", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """``2026-01-02 03:04:05 info message``, and the traceback below where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(lowered)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The line without its end."""
        record.lowered = record.levelname.lower()
        return super().format(record)


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Log lines of ``level`` ("debug" to "error") and above to ``stream`` as "text" or "json"."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JSONFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("fakeldapd").setLevel(_NAMES[level])
