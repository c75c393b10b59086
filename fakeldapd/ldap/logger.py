"""A ``trace_file`` that writes to the root logger."""

import logging


class logging_file_class:
    """Looks like a file: each ``write`` is one log message of a level."""

    def __init__(self, logging_level: int) -> None:
        self._logging_level = logging_level

    def write(self, msg: str) -> None:
        """Log ``msg`` without its last character, which is the line end of a trace."""
        logging.log(self._logging_level, msg[:-1])

    def flush(self) -> None:
        """Nothing is held back."""


logging_file_obj = logging_file_class(logging.DEBUG)
