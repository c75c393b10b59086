"""Reading LDIF: tables of inputs, what they mean, and what is wrong with them and where."""

import io
import os
from pathlib import Path

import pytest

from fakeldapd.directory.ldif import MAX_VALUE_SIZE, ChangeRecord, ContentRecord, LDIFError, read
from fakeldapd.protocol.messages import (
    AddRequest,
    Attribute,
    Change,
    Control,
    DeleteRequest,
    ModifyDNRequest,
    ModifyRequest,
)

X = b"cn=x,dc=example"


def _content(text: str | bytes) -> list[tuple[int, bytes, list[Attribute]]]:
    records = []
    for record in read(text):
        assert isinstance(record, ContentRecord)
        records.append((record.line, record.dn, record.attributes))
    return records


def _errors(text: str | bytes, max_value_size: int = MAX_VALUE_SIZE) -> list[tuple[int, bytes | None, str]]:
    errors: list[LDIFError] = []
    for _ in read(text, "f", on_error=errors.append, max_value_size=max_value_size):
        pass
    assert {error.source for error in errors} <= {"f"}
    return [(error.line, error.dn, error.reason) for error in errors]


VALUES = [
    ("cn: x", b"x"),
    ("cn:x", b"x"),
    ("cn:    x", b"x"),
    ("cn: x ", b"x "),
    ("cn:", b""),
    ("cn: ", b""),
    ("cn::", b""),
    ("cn:: ", b""),
    ("cn:: eA==", b"x"),
    ("cn::eA==", b"x"),
    ("cn::   eA==  ", b"x"),
    ("cn:: AP8=", b"\0\xff"),
    ("cn: a: b", b"a: b"),
    ("cn:a: b", b"a: b"),
    ("cn: :b", b":b"),
    ("cn: <b", b"<b"),
    ("cn: #b", b"#b"),
    ("cn: \tb", b"\tb"),
    ("cn: a\n b", b"ab"),
    ("cn: a\n  b", b"a b"),
    ("cn: a\n \n b", b"ab"),
    ("cn\n : a", b"a"),
    ("cn:\n  a", b"a"),
    ("cn:: e\n A\n =\n =", b"x"),
    ("cn: jos\u00e9", b"jos\xc3\xa9"),
    ("# one\ncn: x", b"x"),
    ("# one\n folded\n  comment: no\ncn: x", b"x"),
    ("cn: x\n# behind\n x", b"x"),
    ("cn: x\n#\n#", b"x"),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("line", "value"), VALUES)
def test_value(line: str, value: bytes, newline: str) -> None:
    text = f"dn: cn=x,dc=example\n{line}\n".replace("\n", newline)
    assert _content(text) == [(1, X, [Attribute(b"cn", (value,))])]


@pytest.mark.parametrize(("line", "value"), VALUES)
def test_value_of_a_description_that_is_known_already(line: str, value: bytes) -> None:
    text = f"dn: cn=y\ncn: y\n\ndn: cn=x,dc=example\ncn: first\n{line}\n"
    assert _content(text)[1][2] == [Attribute(b"cn", (b"first", value))]


@pytest.mark.parametrize(
    ("line", "dn"),
    [
        ("dn: cn=x,dc=example", X),
        ("dn:cn=x,dc=example", X),
        ("DN:  cn=x,dc=example", X),
        ("dn:: Y249eCxkYz1leGFtcGxl", X),
        ("dn: cn=x,\n dc=example", X),
        ("dn: cn=j\u00f6rg", b"cn=j\xc3\xb6rg"),
        ("dn:", b""),
        ("dn: ", b""),
        ("dn::", b""),
    ],
)
def test_dn(line: str, dn: bytes) -> None:
    assert _content(f"{line}\ncn: x\n") == [(1, dn, [Attribute(b"cn", (b"x",))])]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n\n\n", []),
        ("# nothing\n", []),
        ("version: 1", []),
        ("version: 1\n\n\n", []),
        ("dn: cn=x", [1]),
        ("version: 1\ndn: cn=x\ncn: x\n", [2]),
        ("version: 1\n\ndn: cn=x\ncn: x\n", [3]),
        ("# one\n\n# two\nversion: 1\n# three\ndn: cn=x\ncn: x\n\n\n\ndn: cn=y\ncn: y", [6, 11]),
        ("\n\n\ndn: cn=x\ncn: x\n\n# c\n d\n# e\ndn: cn=y\ncn: y\n\n", [4, 10]),
        ("dn: cn=x\ncn: x\n a\n b\n\n\n\n\ndn: cn=y\ncn: y\n", [1, 9]),
    ],
)
def test_line_of_a_record(text: str, lines: list[int]) -> None:
    assert [record.line for record in read(text)] == lines
    assert [record.line for record in read(text.replace("\n", "\r\n"))] == lines


def test_values_of_one_description_are_together_whatever_its_case() -> None:
    text = "dn: cn=x,dc=example\nobjectClass: a\ncn: 1\nobjectclass: b\nCN: 2\ncn;lang-en: 3\ncn: 4\n"
    assert _content(text)[0][2] == [
        Attribute(b"objectClass", (b"a", b"b")),
        Attribute(b"cn", (b"1", b"2", b"4")),
        Attribute(b"cn;lang-en", (b"3",)),
    ]


def test_line_of_a_value() -> None:
    text = "# c\n\n# d\n e\ndn: cn=\n x\ncn: a\nsn:: eA\n ==\n# f\nCN: b\n c\nou: z\n"
    (record,) = read(text, "people.ldif")
    assert record.line == 5
    lines = [record.line_of(b"cn"), record.line_of(b"cn", 1), record.line_of(b"sn"), record.line_of(b"OU")]
    assert lines == [7, 11, 8, 13]
    assert [record.line_of(b"cn", 2), record.line_of(b"uid")] == [5, 5]
    assert str(record.error("no", record.line_of(b"ou"))) == "people.ldif:13: cn=x: no"
    assert str(record.error("no")) == "people.ldif:5: cn=x: no"


CHANGES = [
    ("changetype: delete", DeleteRequest(X)),
    ("CHANGETYPE:Delete ", DeleteRequest(X)),
    ("changetype:: ZGVsZXRl", DeleteRequest(X)),
    ("changetype: ntdsSchemaDelete", DeleteRequest(X)),
    ("changetype: add\ncn: x\ncn: y", AddRequest(X, (Attribute(b"cn", (b"x", b"y")),))),
    ("changetype: ntdsSchemaAdd\ncn: x", AddRequest(X, (Attribute(b"cn", (b"x",)),))),
    ("changetype: add", AddRequest(X, ())),
    ("changetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: 1", ModifyDNRequest(X, b"cn=y", True)),
    ("changetype: moddn\nnewrdn:: Y249eQ==\ndeleteoldrdn:0", ModifyDNRequest(X, b"cn=y", False)),
    ("changetype: modrdn\nnewrdn: cn=y", ModifyDNRequest(X, b"cn=y", True)),
    (
        "changetype: modrdn\nnewRDN: cn=y\ndeleteOldRDN: 0 \nnewSuperior: dc=test",
        ModifyDNRequest(X, b"cn=y", False, b"dc=test"),
    ),
    ("changetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: 0\nnewsuperior:", ModifyDNRequest(X, b"cn=y", False, b"")),
    ("changetype: modify", ModifyRequest(X, ())),
    (
        "changetype: modify\nadd: cn\ncn: 1\nCN: 2\n-\ndelete: sn\n-\nreplace: ou\n-\n"
        "increment: uidNumber\nuidNumber: 1",
        ModifyRequest(
            X,
            (
                Change(0, b"cn", (b"1", b"2")),
                Change(1, b"sn", ()),
                Change(2, b"ou", ()),
                Change(3, b"uidNumber", (b"1",)),
            ),
        ),
    ),
    ("replace: cn\ncn:: eA==\n- \n", ModifyRequest(X, (Change(2, b"cn", (b"x",)),))),
    ("changetype: modify\n# c\nadd: cn\n# d\ncn: a\n b\n-\n", ModifyRequest(X, (Change(0, b"cn", (b"ab",)),))),
    ("changetype: modify\nadd: cn\ncn: -\n-\n", ModifyRequest(X, (Change(0, b"cn", (b"-",)),))),
]


@pytest.mark.parametrize(("text", "op"), CHANGES)
def test_change(text: str, op: object) -> None:
    (record,) = read(f"dn: cn=x,dc=example\n{text}\n")
    assert isinstance(record, ChangeRecord)
    assert (record.op, record.controls, record.dn) == (op, (), X)


@pytest.mark.parametrize(
    ("line", "control"),
    [
        ("1.2.840.113556.1.4.805 true", Control(b"1.2.840.113556.1.4.805", True)),
        ("1.2 false", Control(b"1.2", False)),
        ("1.2", Control(b"1.2", False)),
        ("1.2: abc", Control(b"1.2", False, b"abc")),
        ("1.2 TRUE:: AP8=", Control(b"1.2", True, b"\0\xff")),
        ("1.2 true:", Control(b"1.2", True, b"")),
    ],
)
def test_control(line: str, control: Control) -> None:
    (record,) = read(f"dn: cn=x,dc=example\ncontrol: {line}\nControl:1.3\nchangetype: delete\n")
    assert isinstance(record, ChangeRecord)
    assert record.controls == (control, Control(b"1.3"))


def test_controls_of_an_entry_that_ldapsearch_printed_are_left_out() -> None:
    text = "dn: cn=x,dc=example\ncontrol: 1.3.6.1.4.1.4203.1.9.1.2 false MBIKAQIEEA==\ncn: x\n"
    assert _content(text) == [(1, X, [Attribute(b"cn", (b"x",))])]


def test_content_and_changes_in_one_file() -> None:
    text = "dn: cn=x\ncn: x\n\ndn: cn=x\nchangetype: delete\n\ndn: cn=y\ncn: y\n"
    assert [type(record) for record in read(text)] == [ContentRecord, ChangeRecord, ContentRecord]


MISTAKES = [
    ("cn: x\n", [(1, None, "a record begins with 'dn:', not with 'cn:'")]),
    ("hello\n", [(1, None, "no ':' in this line")]),
    ("\n cn: x\n", [(2, None, "a continuation line (it begins with a space) with no line before it")]),
    ("version: 2\n", [(1, None, "version '2' of LDIF: only version 1 is known")]),
    ("version: 1\ncn: x\n", [(2, None, "a record begins with 'dn:', not with 'cn:'")]),
    ("dn:: !\ncn: x\n", [(1, None, "invalid base64")]),
    ("dn: cn=x,dc=example\ncn\n", [(2, X, "no ':' in this line")]),
    ("dn: cn=x,dc=example\n: x\n", [(2, X, "no attribute description before the ':'")]),
    ("dn: cn=x,dc=example\n-\n", [(2, X, "no ':' in this line")]),
    ("dn: cn=x,dc=example\ncn:: x\n", [(2, X, "invalid base64")]),
    ("dn: cn=x,dc=example\ncn:: eA\n", [(2, X, "invalid base64")]),
    ("dn: cn=x,dc=example\ncn:: eA= =\n", [(2, X, "invalid base64")]),
    ("dn: cn=x,dc=example\ncn:: e A==\n", [(2, X, "invalid base64")]),
    ("dn: cn=x,dc=example\ncn: x\ndn: cn=y\n", [(3, X, "'dn' within a record: is an empty line missing?")]),
    (
        "dn: cn=x,dc=example\ncn: x\nchangetype: add\n",
        [(3, X, "'changetype' within a record: is an empty line missing?")],
    ),
    (
        "dn: cn=x,dc=example\na\n# c\nb: b\n b\nc:: c\n",
        [(2, X, "no ':' in this line"), (6, X, "invalid base64")],
    ),
    (
        "dn: cn=x,dc=example\nchangetype: rename\n",
        [(2, X, "changetype 'rename': it must be add, delete, modify, modrdn or moddn")],
    ),
    (
        "dn: cn=x,dc=example\ncontrol: 1.2\nchangetype: \n",
        [(3, X, "changetype '': it must be add, delete, modify, modrdn or moddn")],
    ),
    (
        "dn: cn=x,dc=example\nchangetype: delete\ncn: x\n",
        [(3, X, "nothing can follow 'changetype: delete': is an empty line missing?")],
    ),
    ("dn: cn=x,dc=example\nchangetype: add\ncn\n", [(3, X, "no ':' in this line")]),
    ("dn: cn=x,dc=example\ncontrol: x\nchangetype: add\n", [(2, X, "not a control: 'control: x'")]),
    ("dn: cn=x,dc=example\ncontrol: 1.2 maybe\nchangetype: add\n", [(2, X, "not a control: 'control: 1.2 maybe'")]),
    ("dn: cn=x,dc=example\ncontrol: 1.2:: !\nchangetype: add\n", [(2, X, "invalid base64")]),
    ("dn: cn=x,dc=example\nchangetype: modrdn\n", [(2, X, "no newrdn")]),
    (
        "dn: cn=x,dc=example\nchangetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: yes\n",
        [(4, X, "deleteoldrdn is 0 or 1, not 'yes'")],
    ),
    (
        "dn: cn=x,dc=example\nchangetype: modrdn\nnewrdn: cn=y\ncn: y\n",
        [(4, X, "'cn' where newrdn, deleteoldrdn and newsuperior must be, each once")],
    ),
    (
        "dn: cn=x,dc=example\nchangetype: modrdn\nnewrdn: cn=y\nnewrdn: cn=z\n",
        [(4, X, "'newrdn' where newrdn, deleteoldrdn and newsuperior must be, each once")],
    ),
    (
        "dn: cn=x,dc=example\nchangetype: modify\ncn: x\n",
        [(3, X, "'cn' where add, delete, replace or increment must be")],
    ),
    (
        "dn: cn=x,dc=example\nchangetype: modify\nadd: cn\ncn: x\nadd: sn\nsn: x\n",
        [(5, X, "'add' where a value of 'cn' or '-' must be")],
    ),
    (
        "dn: cn=x,dc=example\nadd: cn\nsn: x\n",
        [(3, X, "'sn' where a value of 'cn' or '-' must be")],
    ),
    ("dn: cn=x,dc=example\nadd: cn\ncn: x\n-\n-\n", [(5, X, "no ':' in this line")]),
    (b"\xff\xfed\0n\0:\0 \0\x00", [(1, None, "the file begins as UTF-16 but isn't: truncated data")]),
    (b"\xff\xfe\0\xd8a\0", [(1, None, "the file begins as UTF-16 but isn't: illegal UTF-16 surrogate")]),
    (b"dn\xff: x\n", [(1, None, "a record begins with 'dn:', not with 'dn\\xff:'")]),
    ("y" * 99 + ": z\n", [(1, None, f"a record begins with 'dn:', not with '{'y' * 55}...'")]),
]


@pytest.mark.parametrize(("text", "errors"), MISTAKES)
def test_mistake(text: str | bytes, errors: list[tuple[int, bytes | None, str]]) -> None:
    assert _errors(text) == errors
    with pytest.raises(LDIFError) as caught:
        list(read(text))
    assert (caught.value.line, caught.value.dn, caught.value.reason) == errors[0]


def test_reading_goes_on_behind_a_record_with_a_mistake() -> None:
    text = "".join(f"dn: cn={i}\ncn: {i}\n{'wrong' if i % 2 else 'sn: right'}\n\n" for i in range(6))
    errors: list[LDIFError] = []
    records = list(read(text, on_error=errors.append))
    assert [record.dn for record in records] == [b"cn=0", b"cn=2", b"cn=4"]
    assert [(error.line, error.dn) for error in errors] == [(7, b"cn=1"), (15, b"cn=3"), (23, b"cn=5")]


def test_error_as_text() -> None:
    assert str(LDIFError("a.ldif", 3, None, "no")) == "a.ldif:3: no"
    assert str(LDIFError("a.ldif", 3, "cn=jos\u00e9".encode() + b"\xff", "no")) == "a.ldif:3: cn=jos\u00e9\\xff: no"


def test_errors_quote_no_values() -> None:
    text = "dn: cn=x\nuserPassword:: s3cr3t!\n\ndn: cn=y\ns3cr3t\n\ndn: cn=z\nadd: cn\nuserPassword: s3cr3t\n"
    reasons = " ".join(reason for _, _, reason in _errors(text))
    assert reasons
    assert "s3cr3t" not in reasons


# --- limits ---------------------------------------------------------------------------------------------------------


def test_value_above_the_limit() -> None:
    text = "dn: cn=x\ncn: " + "a" * 11 + "\nsn:: " + "YWFh" * 4 + "\nou: " + "a" * 10 + "\n"
    reason = "a value of more than 10 octets"
    assert _errors(text, max_value_size=10) == [(2, b"cn=x", reason), (3, b"cn=x", reason)]


@pytest.mark.parametrize("piece", [1, 3, 10, 1 << 20])
def test_record_above_the_limit(piece: int) -> None:
    large = "dn: cn=large\n" + "".join(f"cn: {i}\n" for i in range(100))
    text = f"# c\n\n{large}\ndn: cn=x\ncn: x\n\n\n{large}\ndn: cn=y\ncn: y\n\n{large}".encode()
    errors: list[LDIFError] = []
    records = list(read(_Pieces(text, piece), on_error=errors.append, max_record_size=200))
    assert [(record.line, record.dn) for record in records] == [(105, b"cn=x"), (211, b"cn=y")]
    assert [(error.line, error.reason) for error in errors] == [
        (3, "a record of more than 200 octets"),
        (108, "a record of more than 200 octets"),
        (214, "a record of more than 200 octets"),
    ]


class _Pieces:
    """A stream that gives no more than so many octets at a time, whoever asks for more."""

    def __init__(self, octets: bytes, size: int) -> None:
        self._stream = io.BytesIO(octets)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._size))


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_in_pieces(piece: int, encoding: str, newline: str) -> None:
    text = "# c\nversion: 1\n\n\ndn: cn=jos\u00e9\ncn: jos\u00e9\nsn: a\n b\n\ndn: cn=y\ncn: y\n"
    octets = text.replace("\n", newline).encode(encoding)
    records = [(record.line, record.dn, record.line_of(b"cn")) for record in read(_Pieces(octets, piece))]
    assert records == [(5, "cn=jos\u00e9".encode(), 6), (10, b"cn=y", 11)]


# --- file URLs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    directory = tmp_path / "photos"
    (directory / "a b").mkdir(parents=True)
    (directory / "x.jpg").write_bytes(b"\xff\xd8\r\n\n x")
    (directory / "a b" / "y").write_bytes(b"")
    (tmp_path / "photos2").write_bytes(b"outside")
    (tmp_path / "secret").write_bytes(b"outside")
    (directory / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(directory / "pipe")
    return directory


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("file://{0}/x.jpg", b"\xff\xd8\r\n\n x"),
        ("file://localhost{0}/x.jpg", b"\xff\xd8\r\n\n x"),
        ("FILE:{0}/x.jpg", b"\xff\xd8\r\n\n x"),
        ("file://{0}/a%20b/../x.jpg ", b"\xff\xd8\r\n\n x"),
        ("file://{0}/a b/y", b""),
    ],
)
def test_file_url(photos: Path, url: str, value: bytes) -> None:
    text = f"dn: cn=x\njpegPhoto:< {url.format(photos)}\njpegPhoto:<{url.format(photos)}\n"
    (record,) = read(text, file_urls=photos)
    assert isinstance(record, ContentRecord)
    assert record.attributes == [Attribute(b"jpegPhoto", (value, value))]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file://{0}/../secret", "is not below the directory of --ldif-file-urls"),
        ("file://{0}/%2e%2e/secret", "is not below the directory of --ldif-file-urls"),
        ("file://{0}2", "is not below the directory of --ldif-file-urls"),
        ("file://{0}/link", "is not below the directory of --ldif-file-urls"),
        ("file:///etc/passwd", "is not below the directory of --ldif-file-urls"),
        ("file://{0}/missing", "cannot be read: No such file or directory"),
        ("file://{0}", "cannot be read: Is a directory"),
        ("file://{0}/pipe", "is not a regular file"),
        ("file://example.com/x.jpg", "is not the URL of a local file (file:///...)"),
        ("http://example.com/x.jpg", "is not the URL of a local file (file:///...)"),
        ("file:x.jpg", "is not the URL of a local file (file:///...)"),
        ("{0}/x.jpg", "is not the URL of a local file (file:///...)"),
    ],
)
def test_file_url_refused(photos: Path, url: str, reason: str) -> None:
    errors: list[LDIFError] = []
    text = f"dn: cn=x\njpegPhoto:< {url.format(photos)}\n"
    assert list(read(text, file_urls=photos, on_error=errors.append)) == []
    assert [error.line for error in errors] == [2]
    assert errors[0].reason.endswith(reason)


def test_file_url_that_nobody_allowed() -> None:
    assert _errors("dn: cn=x\njpegPhoto:< file:///etc/passwd\n") == [
        (2, b"cn=x", "'file:///etc/passwd' is not read: --ldif-file-urls DIR allows the files below DIR")
    ]


def test_file_above_the_limit(photos: Path) -> None:
    errors: list[LDIFError] = []
    text = f"dn: cn=x\njpegPhoto:< file://{photos}/x.jpg\n"
    assert list(read(text, file_urls=photos, on_error=errors.append, max_value_size=6)) == []
    assert [error.reason for error in errors] == ["a value of more than 6 octets"]
