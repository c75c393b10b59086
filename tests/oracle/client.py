"""A blocking client that shows everything a server does: messages, a Notice of Disconnection, the end of the
connection, silence.

``Client.ask`` sends one request and gathers what comes back as an ``Answer``. ``Answer.lines`` is that answer as text,
with what no two servers can agree on (UUIDs, CSNs, times, salts) replaced by its shape: two servers answer alike when
the lines are equal.
"""

import hashlib
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from oracle import certificates, wire

SILENCE = 10.0
"""Seconds after which a server that has neither answered nor closed counts as silent. No test waits for it unless it
fails."""

ENTRY, DONE, REFERENCE, INTERMEDIATE, EXTENDED, BIND = 0x64, 0x65, 0x73, 0x79, 0x78, 0x61
RESPONSES = {0x61: "bind", 0x65: "search", 0x67: "modify", 0x69: "add", 0x6B: "delete", 0x6D: "modrdn", 0x6F: "compare"}
RESPONSES |= {0x78: "extended"}
PROBE = 0x7FFFFFF0
NOTICE = "1.3.6.1.4.1.1466.20036"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
CSN = re.compile(rb"\d{14}\.\d{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}\Z")
TIME = re.compile(rb"\d{14}Z\Z")
MICROSECONDS = re.compile(rb"\d{14}\.\d{6}Z\Z")
HISTORY = re.compile(rb"\d{14}Z#")
SHAPES = {
    b"entryuuid": (UUID, "<uuid>"),
    b"entrycsn": (CSN, "<csn>"),
    b"contextcsn": (CSN, "<csn>"),
    b"createtimestamp": (TIME, "<time>"),
    b"modifytimestamp": (TIME, "<time>"),
    b"pwdchangedtime": (TIME, "<time>"),
    b"pwdaccountlockedtime": (TIME, "<time>"),
    b"pwdaccounttmplockoutend": (TIME, "<time>"),
    b"pwdfailuretime": (MICROSECONDS, "<time with microseconds>"),
    b"pwdgraceusetime": (MICROSECONDS, "<time with microseconds>"),
}

Entry = tuple[bytes, list[tuple[bytes, list[bytes]]]]


def show(value: bytes) -> str:
    """Octets as one line of text: UTF-8 where it is printable, its repr otherwise, long ones by digest."""
    if len(value) > 600:
        return f"<{len(value)} octets, sha1 {hashlib.sha1(value).hexdigest()}>"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return repr(value)
    return text if text.isprintable() else repr(value)


def show_value(name: bytes, value: bytes) -> str:
    """A value of an attribute, or only its shape where servers can't agree."""
    base = name.lower().split(b";")[0]
    if base in SHAPES:
        pattern, shape = SHAPES[base]
        if pattern.match(value):
            return shape
    if base == b"pwdhistory" and HISTORY.match(value):
        oid, length, password = value.split(b"#", 3)[1:]
        return f"<time>#{show(oid)}#{show(length)}#{show_value(b'userPassword', password)}"
    if base == b"userpassword" and value.startswith(b"{SSHA}"):
        return f"{{SSHA}}<{len(value) - 6} characters>"
    return show(value)


READ_ENTRY = (b"1.3.6.1.1.13.1", b"1.3.6.1.1.13.2")


@dataclass
class Answer:
    """What one request brought. ``code`` None: no final response; ``end`` "", "closed", "notice, closed" or
    "silent"."""

    kind: str = ""
    code: int | None = None
    matched_dn: bytes = b""
    diagnostic: bytes = b""
    referral: tuple[bytes, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    references: list[tuple[bytes, ...]] = field(default_factory=list)
    intermediates: list[str] = field(default_factory=list)
    controls: list[tuple[bytes, bytes, bytes | None]] = field(default_factory=list)
    entry_controls: list[str] = field(default_factory=list)
    name: bytes | None = None
    value: bytes | None = None
    creds: bytes | None = None
    end: str = ""

    def lines(self, *, mask_value: bool = False) -> list[str]:
        """The answer as text; ``mask_value`` keeps only the length of a response value (a generated password).

        Attributes are sorted by name: their order in an entry means nothing (RFC 4511 section 4.5.2).
        """
        out = []
        for dn, attributes in sorted(self.entries, key=lambda entry: entry[0].lower()):
            out.append(f"entry {show(dn)}")
            for name, values in sorted(attributes):
                out += [f"    {show(name)}: {show_value(name, value)}" for value in values] or [f"    {show(name)}"]
        out += sorted(f"reference {' '.join(map(show, uris))}" for uris in self.references)
        out += sorted(self.entry_controls) + self.intermediates
        if self.code is not None:
            out.append(
                f"{self.kind} {self.code}"
                + (f" matched {show(self.matched_dn)}" if self.matched_dn else "")
                + (f' "{show(self.diagnostic)}"' if self.diagnostic else "")
                + (f" referral {' '.join(map(show, self.referral))}" if self.referral else "")
                + (f" name {show(self.name)}" if self.name is not None else "")
                + (f" creds {show(self.creds)}" if self.creds is not None else "")
            )
            if self.value is not None:
                out.append(f"    value {f'<{len(self.value)} octets>' if mask_value else show(self.value)}")
        for oid, critical, content in self.controls:
            read = content is not None and oid in READ_ENTRY
            shown = "" if content is None or read else f" {content!r}"
            out.append(f"control {show(oid)}{' critical' if critical else ''}{shown}")
            if content is not None and read:
                out += ["    " + line for line in read_entry(content)]
        if self.end:
            out.append(self.end)
        return out or ["no answer"]


class Client:
    """One connection. Use it as a context manager; ``port`` is on the loopback interface."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.closed = False
        self.last_id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def start_tls(self) -> None:
        """Begin TLS here and now. Raises OSError."""
        context = ssl.create_default_context(cafile=str(certificates.made().ca))
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, octets: bytes) -> None:
        """Send octets as they are; a peer that has gone is found out when reading."""
        try:
            self.socket.sendall(octets)
        except (ConnectionError, ssl.SSLError):
            self.closed = True

    def receive(self) -> tuple[int, int, bytes, bytes | None] | None:
        """The next message: (id, tag of the operation, its content, controls); None: the end. TimeoutError: silence."""
        while True:
            try:
                _, content, end = wire.read(self.buffer)
            except IndexError:
                try:
                    more = self.socket.recv(1 << 18)
                except (ConnectionError, ssl.SSLError):
                    more = b""
                if not more:
                    self.closed = True
                    return None
                self.buffer += more
                continue
            self.buffer = self.buffer[end:]
            (_, message_id), (tag, operation), *rest = wire.children(content)
            return wire.number(message_id), tag, operation, rest[0][1] if rest else None

    def next_id(self) -> int:
        """A message id not used before on this connection."""
        self.last_id += 1
        return self.last_id

    def ask(self, operation: bytes, controls: Sequence[bytes] | None = None) -> Answer:
        """Send one request and gather its answer."""
        message_id = self.next_id()
        self.send(wire.message(message_id, operation, controls))
        return self.gather([message_id])[0]

    def pipeline(self, requests: Sequence[tuple[bytes, Sequence[bytes] | None]]) -> list[Answer]:
        """Send several requests in one write and gather every answer, in the order of the requests."""
        ids = [self.next_id() for _ in requests]
        self.send(b"".join(wire.message(i, *request) for i, request in zip(ids, requests, strict=True)))
        return self.gather(ids)

    def gather(self, ids: Sequence[int]) -> list[Answer]:
        """Read until each of these requests has its final answer, or the connection ends, or silence."""
        answers = {message_id: Answer() for message_id in ids}
        waiting = list(ids)
        while waiting:
            try:
                got = self.receive()
            except TimeoutError:
                for message_id in waiting:
                    answers[message_id].end = "silent"
                break
            if got is None:
                for message_id in waiting:
                    answers[message_id].end = (answers[message_id].end + ", closed").removeprefix(", ")
                break
            message_id, tag, content, controls = got
            if message_id == 0 and tag == EXTENDED and message_id not in answers:
                notice = Answer()
                read_result(notice, tag, content, controls)
                for other in waiting:
                    answers[other].end = f"notice {notice.lines()[0].removeprefix('extended ')}"
                continue
            if message_id not in answers:
                answers[waiting[0]].intermediates.append(f"message {message_id} of nobody")
                continue
            if take(answers[message_id], tag, content, controls):
                waiting.remove(message_id)
        return list(answers.values())

    def raw(self, octets: bytes, ids: Sequence[int] = ()) -> list[str]:
        """Send octets as they are; the lines of the answers to ``ids``, or of everything up to the first final answer,
        and then whether a probe is answered or the connection has ended.

        After a Notice of Disconnection no probe is sent: slapd may still answer one while it is closing, or not.
        """
        self.send(octets)
        out = []
        if ids:
            for message_id, answer in zip(ids, self.gather(ids), strict=True):
                out += [f"{message_id}: {line}" for line in answer.lines()]
            if self.closed:
                return out
        elif not self._first(out):
            return out
        if NOTICE in out[-1]:
            self.socket.shutdown(socket.SHUT_WR)
        else:
            self.send(wire.message(PROBE, wire.extended_op(WHO_AM_I)))
        while self._first(out, "then "):
            if out[-1] == "then answers":
                break
        return out

    def _first(self, out: list[str], prefix: str = "") -> bool:
        """Put the lines up to the next final answer into ``out``; False where the connection ended or is silent."""
        answer = Answer()
        while True:
            try:
                got = self.receive()
            except TimeoutError:
                out.append(f"{prefix}silent")
                return False
            if got is None:
                out += [*(answer.lines() if answer.entries else []), f"{prefix}closed"]
                return False
            message_id, tag, content, controls = got
            if message_id == PROBE:
                out.append("then answers")
                return True
            if take(answer, tag, content, controls):
                out += [f"{prefix}{message_id}: {line}" for line in answer.lines()]
                return True


def take(answer: Answer, tag: int, content: bytes, controls: bytes | None) -> bool:
    """Put one message into an answer; True when it was the final one."""
    if tag == ENTRY:
        (_, dn), (_, attributes) = wire.children(content)
        answer.entries.append((dn, [read_attribute(inner) for _, inner in wire.children(attributes)]))
        answer.entry_controls += [f"control on {show(dn)}: {line}" for line in map(repr, read_controls(controls))]
        return False
    if tag == REFERENCE:
        answer.references.append(tuple(uri for _, uri in wire.children(content)))
        return False
    if tag == INTERMEDIATE:
        answer.intermediates.append(f"intermediate {content!r}")
        return False
    read_result(answer, tag, content, controls)
    return True


def read_entry(content: bytes) -> list[str]:
    """The lines of the entry in the value of a pre-read or post-read response control (RFC 4527)."""
    tag, inner, _ = wire.read(content)
    answer = Answer()
    take(answer, tag, inner, None)
    return answer.lines()


def read_attribute(content: bytes) -> tuple[bytes, list[bytes]]:
    """(description, values) of one PartialAttribute."""
    (_, name), (_, values) = wire.children(content)
    return name, [value for _, value in wire.children(values)]


def read_controls(content: bytes | None) -> list[tuple[bytes, bytes, bytes | None]]:
    """(OID, criticality's octets, value) of each control."""
    found = []
    for _, inner in wire.children(content or b""):
        parts = wire.children(inner)
        critical = next((part for tag, part in parts if tag == 0x01), b"")
        value = next((part for tag, part in parts[1:] if tag == 0x04), None)
        found.append((parts[0][1], critical, value))
    return found


def read_result(answer: Answer, tag: int, content: bytes, controls: bytes | None) -> None:
    """Put a final response (LDAPResult and what follows it) into an answer."""
    (_, code), (_, answer.matched_dn), (_, answer.diagnostic), *rest = wire.children(content)
    answer.kind = RESPONSES.get(tag, f"response 0x{tag:02x}")
    answer.code = wire.number(code)
    for inner_tag, inner in rest:
        if inner_tag == 0xA3:
            answer.referral = tuple(uri for _, uri in wire.children(inner))
        elif inner_tag == 0x87:
            answer.creds = inner
        elif inner_tag == 0x8A:
            answer.name = inner
        elif inner_tag == 0x8B:
            answer.value = inner
    answer.controls = read_controls(controls)
