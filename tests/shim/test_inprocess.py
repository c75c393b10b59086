"""A connection in this process performs what a handler asks for as the socket server does."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import fakeldapd.ldap as ldap
from fakeldapd import FakeDirectory
from fakeldapd.double.directory import LAYERS
from fakeldapd.operations.request import (
    Action,
    Cancel,
    Delay,
    Disconnect,
    Entries,
    Pause,
    Raw,
    Request,
    Response,
    Signal,
    StartTLS,
    Wait,
)
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.protocol.result import LDAPError

URI = "ldap://in.process"
DONE = Response(m.SearchResultDone())
ENTRY = (b"cn=a", (attribute(b"cn", [b"a"]),))
Handler = Callable[[Request], Iterator[Action]]


@pytest.fixture
def connect() -> Iterator[Callable[[Any], Any]]:
    """A connection to a handler."""

    def connect(handler: Any, uri: str = URI) -> Any:
        ldap.register(uri, handler)
        return ldap.initialize(uri)

    yield connect
    ldap.register(URI, None)


def answering(*actions: Action) -> Handler:
    """A handler that gives these for a search."""

    def handler(request: Request) -> Iterator[Action]:
        yield from actions

    return handler


SIMPLE: dict[str, tuple[tuple[Action, ...], Any]] = {
    "entries": ((Entries([ENTRY, ENTRY]), DONE), [("cn=a", {"cn": [b"a"]})] * 2),
    "responses": ((Response(m.SearchResultEntry(*ENTRY)), DONE), [("cn=a", {"cn": [b"a"]})]),
    "pauses": ((Pause(), Entries([ENTRY]), Pause(), DONE), [("cn=a", {"cn": [b"a"]})]),
    "a delay": ((Delay(0.001), Entries([ENTRY]), DONE), [("cn=a", {"cn": [b"a"]})]),
    "octets": ((Raw(encode_message(1, m.SearchResultEntry(*ENTRY))), DONE), [("cn=a", {"cn": [b"a"]})]),
    "octets in pieces": (
        (*[Raw(bytes([each])) for each in encode_message(1, m.SearchResultEntry(*ENTRY))], DONE),
        [("cn=a", {"cn": [b"a"]})],
    ),
    "an error": ((Entries([ENTRY]), Response(m.SearchResultDone(4))), ldap.SIZELIMIT_EXCEEDED),
    "nonsense": ((Raw(b"\x04\x03abc"), DONE), ldap.SERVER_DOWN),
    "part of an answer, then the end": ((Entries([ENTRY]), Disconnect()), ldap.SERVER_DOWN),
    "a reset": ((Entries([ENTRY]), Disconnect(abort=True)), ldap.SERVER_DOWN),
    "a reset after the answer": ((Entries([ENTRY]), DONE, Disconnect(abort=True)), [("cn=a", {"cn": [b"a"]})]),
    "a disconnection after the answer": ((Entries([ENTRY]), DONE, Disconnect()), [("cn=a", {"cn": [b"a"]})]),
    "what is no action": ((5,), ldap.OTHER),  # type: ignore[dict-item]
}


@pytest.mark.parametrize(("actions", "expected"), SIMPLE.values(), ids=list(SIMPLE))
def test_actions(actions: tuple[Action, ...], expected: Any, connect: Callable[[Handler], Any]) -> None:
    connection = connect(answering(*actions))
    if isinstance(expected, type):
        with pytest.raises(expected):
            connection.search_s("", 2)
    else:
        assert connection.search_s("", 2) == expected


@pytest.mark.parametrize(
    ("error", "raised"), [(LDAPError(53, "no"), ldap.UNWILLING_TO_PERFORM), (ZeroDivisionError(), ldap.OTHER)]
)
def test_what_a_handler_lets_out(error: Exception, raised: type[Exception], connect: Callable[[Handler], Any]) -> None:
    def at_once(request: Request) -> Iterator[Action]:
        raise error

    def later(request: Request) -> Iterator[Action]:
        yield Entries([ENTRY])
        raise error

    for handler in (at_once, later):
        with pytest.raises(raised):
            connect(handler).search_s("", 2)


def test_a_signal_from_another_thread(connect: Callable[[Handler], Any]) -> None:
    signal = Signal()
    connection = connect(answering(Wait(signal), Entries([ENTRY]), DONE))
    message_id = connection.search("", 2)
    assert connection.result(message_id, timeout=0) == (None, None)
    with pytest.raises(ldap.TIMEOUT):
        connection.result(message_id, timeout=0.001)
    thread = threading.Thread(target=signal.fire)
    thread.start()
    assert connection.result(message_id)[1] == [("cn=a", {"cn": [b"a"]})]
    thread.join()


def test_operations_go_on_beside_one_that_waits(connect: Callable[[Handler], Any]) -> None:
    signal = Signal()

    def handler(request: Request) -> Iterator[Action]:
        if isinstance(request.op, m.SearchRequest):
            yield Wait(signal)
            yield DONE
        else:
            yield Response(m.ExtendedResponse(value=b"dn:%d" % request.session.outstanding))

    connection = connect(handler)
    message_id = connection.search("", 2)
    assert connection.whoami_s() == "dn:2"
    signal.fire()
    assert connection.result(message_id) == (101, [])
    assert connection.whoami_s() == "dn:1"


def test_abandon_bind_and_unbind_end_what_runs(connect: Callable[[Handler], Any]) -> None:
    ended: list[int] = []

    def handler(request: Request) -> Iterator[Action]:
        if isinstance(request.op, m.BindRequest):
            yield Response(m.BindResponse())
            return
        try:
            yield Wait()
        finally:
            ended.append(request.message_id)

    connection = connect(handler)
    connection.abandon(connection.search("", 2))
    assert ended == [1]
    running = connection.search("", 2)
    connection.simple_bind_s()
    assert ended == [1, running]
    running = connection.search("", 2)
    connection.unbind_s()
    assert ended[-1] == running


def test_nothing_begins_beside_a_bind(connect: Callable[[Handler], Any]) -> None:
    signal, begun = Signal(), []

    def handler(request: Request) -> Iterator[Action]:
        begun.append(type(request.op).__name__)
        if isinstance(request.op, m.BindRequest):
            yield Wait(signal)
            yield Response(m.BindResponse())
        else:
            yield DONE

    connection = connect(handler)
    bind = connection.simple_bind()
    search = connection.search("", 2)
    assert begun == ["BindRequest"]
    signal.fire()
    assert connection.result(bind)[0] == 97
    assert connection.result(search)[0] == 101


def test_cancel(connect: Callable[[Handler], Any]) -> None:
    codes: list[int] = []

    def handler(request: Request) -> Iterator[Action]:
        if isinstance(request.op, m.ExtendedRequest):
            action = Cancel(1)
            yield action
            codes.append(action.code)
            yield Response(m.ExtendedResponse(action.code))
        else:
            yield Wait()

    connection = connect(handler)
    search = connection.search("", 2)
    connection.cancel_s(search)
    with pytest.raises(ldap.CANCELLED):
        connection.result(search)
    with pytest.raises(ldap.NO_SUCH_OPERATION):
        connection.cancel_s(search)
    assert codes == [0, 119]


def test_tls_is_pretended(connect: Callable[..., Any]) -> None:
    sessions = []

    def handler(request: Request) -> Iterator[Action]:
        sessions.append((request.session.tls, request.session.ssf, request.session.peer_credentials))
        yield Response(m.ExtendedResponse())
        if isinstance(request.op, m.ExtendedRequest) and request.op.name == STARTTLS:
            yield StartTLS()

    connection = connect(handler)
    connection.start_tls_s()
    connection.whoami_s()
    assert sessions == [(False, 0, None), (True, 256, None)]
    assert connection.get_option(ldap.OPT_X_TLS_VERSION) == "TLS1.3"
    for uri, expected in (("ldaps://in.process", (True, 256)), ("ldapi://%2Fin%2Fprocess", (False, 71))):
        connect(handler, uri).whoami_s()
        ldap.register(uri, None)
        assert sessions[-1][:2] == expected
    assert sessions[-1][2] is not None


def test_start_tls_that_doesnt_begin(connect: Callable[[Handler], Any]) -> None:
    connection = connect(answering(Response(m.ExtendedResponse())))
    with pytest.raises(ldap.CONNECT_ERROR):
        connection.start_tls_s()
    with pytest.raises(ldap.SERVER_DOWN):
        connection.whoami_s()


def test_an_empty_filter_ends_the_connection(connect: Callable[[Handler], Any]) -> None:
    connection = connect(answering(DONE))
    with pytest.raises(ldap.PROTOCOL_ERROR) as caught:
        connection.search_s("", 0, "")
    assert "msgid" not in caught.value.args[0]
    with pytest.raises(ldap.SERVER_DOWN):
        connection.search_s("", 0)


def test_a_server_that_is_away(connect: Callable[[Any], Any]) -> None:
    directory = FakeDirectory(empty=True, base="dc=example,dc=com")
    connection = connect(directory)
    assert connection.whoami_s() == ""
    directory.down = True
    for _ in range(2):
        with pytest.raises(ldap.SERVER_DOWN) as caught:
            connection.whoami_s()
        assert "errno" not in caught.value.args[0]
    with pytest.raises(ldap.SERVER_DOWN) as caught:
        ldap.initialize(URI).whoami_s()
    assert caught.value.args[0]["errno"] == 107
    assert caught.value.args[0]["info"] == "Transport endpoint is not connected"
    directory.down = False
    with pytest.raises(ldap.SERVER_DOWN):
        connection.whoami_s()
    assert ldap.initialize(URI).whoami_s() == ""


def test_many_threads(connect: Callable[[Any], Any]) -> None:
    """One directory, several connections: one operation at a time."""
    directory = FakeDirectory(empty=True, base="dc=example,dc=com", admin_dn="cn=admin", admin_password="x")
    directory.add("dc=example,dc=com", {"objectClass": ["dcObject", "organization"], "o": "x", "dc": "example"})
    connect(directory)
    failures: list[Exception] = []

    def work(number: int) -> None:
        connection = ldap.initialize(URI)
        try:
            connection.simple_bind_s("cn=admin", "x")
            for each in range(20):
                name = f"n{number}-{each}"
                connection.add_s(f"cn={name},dc=example,dc=com", [("objectClass", b"device"), ("cn", name.encode())])
                assert len(connection.search_s("dc=example,dc=com", 2, f"(cn={name})")) == 1
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(ldap.initialize(URI).search_s("dc=example,dc=com", 1)) == 80


def test_a_server_that_goes_away_while_somebody_waits(connect: Callable[[Any], Any]) -> None:
    directory = FakeDirectory(empty=True, base="dc=example,dc=com")
    begun, inner = threading.Event(), directory.handler

    def waiting(handler: Any) -> Any:
        def handle(request: Request) -> Iterator[Action]:
            if isinstance(request.op, m.SearchRequest):
                yield Wait()
            yield from inner(request)

        return handle

    directory.set_layer(LAYERS[0], waiting)
    connection = connect(directory)

    def take_away() -> None:
        begun.wait()
        directory.down = True

    thread = threading.Thread(target=take_away)
    thread.start()
    message_id = connection.search("", 0)
    begun.set()
    with pytest.raises(ldap.SERVER_DOWN):
        connection.result(message_id)
    thread.join()


def test_a_handler_that_becomes_another_one(connect: Callable[[Any], Any]) -> None:
    directory = FakeDirectory(empty=True, base="dc=example,dc=com")
    connection = connect(directory)
    assert connection.get_naming_contexts() == [b"dc=example,dc=com"]
    directory.set_layer(LAYERS[0], lambda handler: answering(Response(m.SearchResultDone(53))))
    with pytest.raises(ldap.UNWILLING_TO_PERFORM):
        connection.get_naming_contexts()
    directory.set_layer(LAYERS[0], None)
    assert connection.get_naming_contexts() == [b"dc=example,dc=com"]


def test_nobody_holds_on_to_a_directory(connect: Callable[[Any], Any]) -> None:
    directory: Any = FakeDirectory(empty=True, base="dc=example,dc=com")
    gone = weakref.ref(directory)
    connection = connect(directory)
    connection.whoami_s()
    connection.unbind_s()
    ldap.register(URI, None)
    del directory, connection
    gc.collect()
    assert gone() is None
