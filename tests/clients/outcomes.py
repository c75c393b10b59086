"""What well-known clients make of a server: each connects, binds, searches, and says in a word or two how that ended.

A client that doesn't come back although its own timeouts are long over is "never returns": it is let go by the end of
the fault, which also ends its thread.
"""

import gc
import importlib
import os
import re
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

BASE = "dc=example,dc=com"
USER = f"uid=ada,ou=people,{BASE}"
FILTER = "(uid=*)"
PATIENCE = 2.5
"""Seconds after which a client whose timeouts are a second each is held to wait for ever."""
LONG = 60.0

WAITS = "never returns"
GIVES_UP = re.compile(f"after its timeout|{WAITS}")
"""What is said of a client whose timeouts matter."""


PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def rows() -> list[tuple[str, list[str]]]:
    """The first cell of each row, and those of the clients."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition("| fault | ldap3 | python-ldap | ldapsearch |\n")
    lines = re.match(r"(?:\|.*\|\n)*", section)
    assert lines is not None
    split = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in lines[0].splitlines(keepends=True)]
    return [(first, others) for first, *others in split[1:]]


ROWS = rows()
"""Of the page's table: what is said of a fault, and what each client makes of it."""


def counted(entries: int) -> str:
    """So many."""
    return f"{entries} entr{'y' if entries == 1 else 'ies'}"


def of_ldap3(url: str, ca_file: str, *, start_tls: bool, seconds: float) -> str:
    """ldap3 with raise_exceptions, connect_timeout and receive_timeout."""
    import ldap3
    from ldap3.core.exceptions import LDAPException

    tls = None
    if ca_file:  # from Python 3.12 on ldap3 doesn't see the addresses in a certificate
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca_file, valid_names=["localhost"])
    server = ldap3.Server(url, tls=tls, connect_timeout=seconds, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, USER, "secret", receive_timeout=int(seconds), raise_exceptions=True)
    try:
        connection.open()
        if start_tls:
            connection.start_tls()
        connection.bind()
        connection.search(BASE, FILTER)
        found = counted(len(connection.response))
        return found if not connection.result["result"] else f"{found}, {connection.result['description']}"
    except Exception as error:  # whatever it is: ldap3 lets out more than its own
        return type(error).__name__
    finally:
        with suppress(LDAPException, OSError):
            connection.unbind()


def of_python_ldap(url: str, ca_file: str, *, start_tls: bool, seconds: float, ldap: Any = None) -> str:
    """python-ldap, or another ``ldap``, with its options TIMEOUT and NETWORK_TIMEOUT."""
    ldap = ldap or importlib.import_module("ldap")
    connection = ldap.initialize(url)
    options: list[tuple[Any, Any]] = [(ldap.OPT_TIMEOUT, seconds), (ldap.OPT_NETWORK_TIMEOUT, seconds)]
    if ca_file:
        options += [(ldap.OPT_X_TLS_CACERTFILE, ca_file), (ldap.OPT_X_TLS_NEWCTX, 0)]
    for option, value in options:
        connection.set_option(option, value)
    connection.timeout = seconds
    try:
        if start_tls:
            connection.start_tls_s()
        connection.simple_bind_s(USER, "secret")
        return counted(len(connection.search_s(BASE, ldap.SCOPE_SUBTREE, FILTER)))
    except ldap.LDAPError as error:
        return type(error).__name__
    finally:
        with suppress(ldap.LDAPError):
            connection.unbind_s()


def of_ldapsearch(url: str, ca_file: str, *, start_tls: bool, seconds: float) -> str:
    """OpenLDAP's ldapsearch with nettimeout and a time limit: its exit code and words."""
    words = ["ldapsearch", "-LLL", "-x", "-H", url, "-D", USER, "-w", "secret", "-b", BASE]
    words += ["-o", f"nettimeout={seconds:.0f}", "-l", f"{seconds:.0f}", *(["-ZZ"] if start_tls else []), FILTER, "1.1"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "LDAPTLS_CACERT": ca_file}
    ) as running:
        try:
            printed, said = running.communicate(timeout=LONG)
        except subprocess.TimeoutExpired:
            running.kill()
            raise
    number = printed.count("dn: ")
    if not said:
        return counted(number)
    complaint = said.splitlines()[0]
    return f"{counted(number)}, {complaint}" if number else complaint


Client = Callable[..., str]
CLIENTS: dict[str, Client] = {"ldap3": of_ldap3, "python-ldap": of_python_ldap, "ldapsearch": of_ldapsearch}


def outcomes(
    server: Any, expected: Mapping[str, str], *, ldaps: bool, start_tls: bool, let_go: Callable[[], None]
) -> dict[str, str]:
    """What each client that something is expected of makes of it, all at the same time. ``let_go`` ends what keeps them
    waiting. Who is expected to give up gets short timeouts, who isn't long ones.
    """
    seen: dict[str, str] = {}
    url = server.ldaps_url if ldaps else server.url

    def run(name: str) -> None:
        seconds = 1.0 if GIVES_UP.search(expected[name]) else LONG
        said = CLIENTS[name](url, str(server.ca_file), start_tls=start_tls, seconds=seconds)
        seen.setdefault(name, said)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # ldap3 leaves sockets open
        threads = {name: threading.Thread(target=run, args=(name,)) for name in expected}
        for thread in threads.values():
            thread.start()
        for name, thread in sorted(threads.items(), key=lambda item: expected[item[0]] == WAITS):
            thread.join(PATIENCE if expected[name] == WAITS else LONG)
            if thread.is_alive():
                seen.setdefault(name, WAITS)
        let_go()
        for thread in threads.values():
            thread.join(LONG)
            assert not thread.is_alive()
        gc.collect()
    return seen
