"""Why a connection doesn't go on: reasons that add up to a number."""

FULL = 1
"""Its transport has no room."""
ALONE = 2
"""A Bind or StartTLS is running."""
CROWDED = 4
"""Too much is running."""
FINISHING = 8
"""The server is stopping."""
CLOSED = 16
"""It is closed."""
TRICKLING = 32
"""Octets leave one by one."""

NOTHING_BEGINS = FULL | ALONE | CROWDED | CLOSED | TRICKLING
NOTHING_RUNS = FULL | CLOSED | TRICKLING
