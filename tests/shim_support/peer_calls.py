"""Calls against a scripted peer: what it sends, and what python-ldap makes of it. See ``peer`` and ``calls``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shim_support.calls import lines
from shim_support.peer import CLOSE, RESET, Script, Sent, With

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import attribute

BASE = "dc=x"
OK = m.BindResponse()
DONE = m.SearchResultDone()
ENTRY = m.SearchResultEntry(b"cn=a,dc=x", (attribute(b"cn", [b"a"]),))
REFERENCE = m.SearchResultReference((b"ldap://127.0.0.1:1/dc=y",))
NOTICE = With(m.ExtendedResponse(52, b"", b"going away", (), m.NOTICE_OF_DISCONNECTION), message_id=0)
PLAIN_NOTICE = With(m.ExtendedResponse(52, name=m.NOTICE_OF_DISCONNECTION), message_id=0)
OTHER_NOTICE = With(m.ExtendedResponse(0, name=b"1.2.3"), message_id=0)
PAGED = m.Control(b"1.2.840.113556.1.4.319", False, b"\x30\x05\x02\x01\x00\x04\x00")
BROKEN_PAGED = m.Control(b"1.2.840.113556.1.4.319", False, b"\x30\x05\x02")
PWMOD = m.ExtendedResponse(value=b"\x30\x05\x80\x03new")


@dataclass(frozen=True)
class Case:
    """A script and the lines that are asked, of ``l`` and of ``c``, its C object."""

    script: Script
    text: str
    greeting: Sequence[Sent] = ()

    def lines(self) -> list[str]:
        """What is asked."""
        return lines(self.text)


SEARCH = f"l.search_s({BASE!r}, 2)"

AWAY = {
    "closes for a bind": Case(
        [[CLOSE]],
        """
        l.simple_bind_s()
        l.error_number, l.error_string, l.matched_dn
        l.simple_bind_s()
        l.search_s("", 0)
        l.whoami_s()
        l.start_tls_s()
        l.fileno()
        l.unbind_s()
        """,
    ),
    "resets": Case([[OK], [RESET]], "l.simple_bind_s()\nl.whoami_s()\nl.whoami_s()"),
    "resets in a search": Case([[ENTRY, RESET]], SEARCH),
    "closes in a search": Case([[ENTRY, CLOSE]], f"{SEARCH}\n{SEARCH}"),
    "closes in a search, one by one": Case(
        [[ENTRY, CLOSE]], "i = l.search('dc=x', 2)\nl.result(i, 0)\nl.result(i, 0)\nl.result(i, 0)"
    ),
    "closes after an error": Case(
        [[m.SearchResultDone(32, b"dc=x", b"text")], [CLOSE]], f"{SEARCH}\nl.whoami_s()\nl.whoami_s()\n{SEARCH}"
    ),
    "closes while idle": Case([[OK, CLOSE]], "l.simple_bind_s()\nl.whoami_s()\nl.whoami_s()\nl.add_s('dc=x', [])"),
    "notice": Case([[NOTICE, CLOSE]], "l.simple_bind_s()\nl.error_number, l.error_string"),
    "notice without text": Case([[PLAIN_NOTICE, CLOSE]], "l.simple_bind_s()"),
    "notice in a search": Case([[ENTRY, NOTICE, CLOSE]], SEARCH),
    "notice while idle": Case([[OK, NOTICE, CLOSE]], "l.simple_bind_s()\nl.whoami_s()"),
    "notice, not closed": Case([[NOTICE], [OK]], "l.simple_bind_s()\nl.simple_bind_s()"),
    "notice for whoami": Case([[NOTICE, CLOSE]], "l.whoami_s()"),
    "another unsolicited response": Case([[OTHER_NOTICE, OK]], "l.simple_bind_s()"),
}

ODD = {
    "wrong message id": Case([[With(OK, shift=7)]], "l.timeout = 0.1; l.simple_bind_s()\nl.error_number"),
    "wrong, then right": Case([[With(OK, shift=7), OK]], "l.simple_bind_s()"),
    "message id 0": Case([[With(OK, message_id=0)]], "l.timeout = 0.1; l.simple_bind_s()"),
    "another kind of response": Case([[m.AddResponse()]], "l.timeout = 0.1; l.simple_bind_s()"),
    "web server": Case([[b"HTTP/1.1 400 Bad Request\r\n\r\n"]], "l.timeout = 0.1; l.simple_bind_s()"),
    "no message": Case([[b"\x04\x03abc"]], "l.timeout = 0.1; l.simple_bind_s()\nl.simple_bind_s()"),
    "unknown kind of result": Case(
        [[b"\x30\x10\x02\x01\x01\x7e\x0b\x0a\x01\x00\x04\x00\x04\x04abcd"]], "l.simple_bind_s()"
    ),
    "a request": Case([[b"\x30\x0b\x02\x01\x01\x60\x06\x0a\x01\x00\x04\x00\x04"]], "l.simple_bind_s()"),
    "a result cut off": Case([[b"\x30\x0b\x02\x01\x01\x61\x06\x0a\x01\x00\x04\x00\x04"]], "l.simple_bind_s()"),
    "a bind response without contents": Case([[b"\x30\x05\x02\x01\x01\x61\x00"]], "l.timeout = 0.1; l.simple_bind_s()"),
    "an entry cut off": Case([[b"\x30\x0d\x02\x01\x01\x64\x08\x04\x04cn=a\x30\x04", DONE]], SEARCH),
    "diagnostic not UTF-8": Case([[m.BindResponse(49, b"", b"\xff")]], "l.simple_bind_s()"),
    "matchedDN not UTF-8": Case([[m.BindResponse(32, b"\xff", b"x")]], "l.simple_bind_s()"),
    "DN not UTF-8": Case([[m.SearchResultEntry(b"cn=\xff", ()), DONE]], SEARCH),
    "attribute not UTF-8": Case([[m.SearchResultEntry(b"cn=a", (attribute(b"\xff", [b"x"]),)), DONE]], SEARCH),
    "URI not UTF-8": Case([[m.SearchResultReference((b"ldap://h/\xff",)), DONE]], f"l.referrals = 0; {SEARCH}"),
    "attribute twice": Case(
        [[m.SearchResultEntry(b"cn=a", (attribute(b"a", [b"x"]), attribute(b"b", []), attribute(b"a", [b"y"]))), DONE]],
        SEARCH,
    ),
    "attribute in two spellings": Case(
        [[m.SearchResultEntry(b"cn=a", (attribute(b"a", [b"x"]), attribute(b"A", [b"y"]))), DONE]], SEARCH
    ),
    "values empty and with NUL": Case([[m.SearchResultEntry(b"", (attribute(b"a", [b"", b"\0x\0"]),)), DONE]], SEARCH),
    "references between entries": Case([[REFERENCE, ENTRY, REFERENCE, ENTRY, DONE]], f"l.referrals = 0; {SEARCH}"),
    "a reference that is no URI": Case([[m.SearchResultReference((b"nonsense",)), DONE]], SEARCH),
}

RESULTS = {
    "compare answered success": Case([[m.CompareResponse()]], "l.compare_s('dc=x', 'a', b'b')"),
    "compare answered otherwise": Case([[m.CompareResponse(16)]], "l.compare_s('dc=x', 'a', b'b')"),
    "whoami without value": Case([[m.ExtendedResponse()]], "l.whoami_s()"),
    "whoami u:": Case([[m.ExtendedResponse(value=b"u:bob")]], "l.whoami_s()"),
    "whoami refused": Case([[m.ExtendedResponse(53, b"dc=x", b"no")]], "l.whoami_s()"),
    "bind in progress": Case(
        [[m.BindResponse(14, server_sasl_creds=b"challenge")]], "l.simple_bind_s()\nl.error_number"
    ),
    "sasl in progress": Case(
        [
            [m.BindResponse(14, server_sasl_creds=b"one")],
            [m.BindResponse(14)],
            [m.BindResponse(0, server_sasl_creds=b"x")],
        ],
        "l.sasl_bind_s('', 'X', b'')\nl.sasl_bind_s('', 'X', b'1')\nl.sasl_bind_s('', 'X', None)",
    ),
    "sasl refused": Case([[m.BindResponse(49, b"", b"no")]], "l.sasl_bind_s('', 'X', b'')\nl.error_string"),
    "cancel": Case(
        [
            [m.ExtendedResponse()],
            [m.ExtendedResponse(118)],
            [m.ExtendedResponse(119)],
            [m.ExtendedResponse(120)],
            [m.ExtendedResponse(121)],
        ],
        "l.cancel_s(1)\nl.cancel_s(1)\nl.cancel_s(1)\nl.cancel_s(1)\nl.cancel_s(1)",
    ),
    "cancelled": Case([[m.SearchResultDone(118)]], SEARCH),
    "password modify": Case(
        [[PWMOD], [PWMOD], [m.ExtendedResponse(name=b"1.2.3", value=b"x")], [m.ExtendedResponse(value=b"bad")]],
        """
        l.passwd_s('a', 'b', None)
        l.passwd_s('a', 'b', None, extract_newpw=True)[1].genPasswd
        l.passwd_s('a', 'b', None)
        l.passwd_s('a', 'b', None, extract_newpw=True)
        """,
    ),
    "extended": Case(
        [[m.ExtendedResponse(name=b"1.2.3", value=b"x")], [m.ExtendedResponse(name=b"1.2.3")], [m.ExtendedResponse(2)]],
        """
        l.extop_s(ldap.extop.ExtendedRequest('1.2', b'v'))
        l.extop_s(ldap.extop.ExtendedRequest('1.2', None))
        l.extop_s(ldap.extop.ExtendedRequest('1.2', None))
        """,
    ),
    "intermediate responses": Case(
        [[ENTRY, m.IntermediateResponse(b"1.2", b"v"), m.IntermediateResponse(b"1.3"), DONE]] * 3,
        """
        l.search_s('dc=x', 2)
        l.result4(l.search('dc=x', 2), add_intermediates=1)
        l.result4(l.search('dc=x', 2), add_ctrls=1, add_intermediates=1)
        """,
    ),
    "intermediate responses, one by one": Case(
        [[m.IntermediateResponse(b"1.2", b"v"), ENTRY, DONE]],
        "i = l.search('dc=x', 2)\nl.result4(i, 0, add_intermediates=1)\nl.result4(i, 0)\nl.result4(i, 0)",
    ),
    "controls": Case(
        [
            [With(DONE, (PAGED,))],
            [With(DONE, (m.Control(b"1.2.3", False, b"x"), PAGED))],
            [With(DONE, (m.Control(b"1.2.3", True, b"x"),))],
            [With(DONE, (BROKEN_PAGED,))],
            [With(m.SearchResultDone(4), (PAGED, m.Control(b"1.2.3")))],
            [With(ENTRY, (m.Control(b"1.2.3", False, b"x"),)), DONE],
            [With(ENTRY, (PAGED,)), With(REFERENCE, (PAGED,)), DONE],
        ],
        """
        [(type(c).__name__, c.size, c.cookie) for c in l.result3(l.search('dc=x', 2))[3]]
        len(l.result3(l.search('dc=x', 2))[3])
        l.result3(l.search('dc=x', 2))
        l.result3(l.search('dc=x', 2))
        l.search_s('dc=x', 2)
        l.result4(l.search('dc=x', 2), add_ctrls=1)
        l.referrals = 0; data = l.result4(l.search('dc=x', 2), add_ctrls=1)[1]
        [[type(c).__name__ for c in each[2]] for each in data]
        """,
    ),
    "a limit after entries": Case(
        [[ENTRY, ENTRY, m.SearchResultDone(4)]] * 2,
        "l.search_s('dc=x', 2)\ni = l.search('dc=x', 2)\nl.result(i, 0)\nl.result(i, 0)\nl.result(i, 0)",
    ),
    "answers in another order": Case(
        [[], [ENTRY, DONE, With(ENTRY, shift=-1), With(m.SearchResultDone(4), shift=-1)]],
        "i = l.search('dc=x', 2); j = l.search('dc=x', 2)\nl.result4(i)\nl.result4(j)",
    ),
    "answers before they are asked for": Case(
        [[ENTRY, m.SearchResultDone(4)], [DONE]],
        "i = l.search('dc=x', 2); j = l.search('dc=x', 2)\nl.result4(j)\nl.result4(i)\nl.result4(i, 1, 0)",
    ),
    "whichever comes": Case(
        [[ENTRY], [ENTRY, DONE], [OK]],
        """
        i = l.search('dc=x', 2); j = l.search('dc=x', 2); k = l.simple_bind()
        l.result4(k)
        l.result4(all=1, timeout=0.1)
        l.result4(all=0)
        l.result4(all=2)
        l.result4(all=2, timeout=0)
        l.result4(all=0, timeout=0)
        l.result4(timeout=0)
        """,
    ),
    "referral": Case(
        [[m.SearchResultDone(10, b"dc=x", b"text", (b"ldap://127.0.0.1:1/dc=y", b"ldap://127.0.0.1:1/dc=z"))]] * 2
        + [
            [m.BindResponse(10, b"", b"", (b"ldap://127.0.0.1:1/dc=y",))],
            [m.SearchResultDone(10)],
            [m.SearchResultDone(9)],
        ],
        """
        l.search_s('dc=x', 2)
        l.referrals = 0; l.search_s('dc=x', 2)
        l.referrals = 1; l.simple_bind_s()
        l.search_s('dc=x', 2)
        l.search_s('dc=x', 2)
        """,
    ),
    "start TLS refused": Case(
        [[m.ExtendedResponse(2, b"", b"no TLS here")], [m.ExtendedResponse(52)], [OK]],
        "l.start_tls_s()\nl.start_tls_s()\nl.simple_bind_s()",
    ),
    "start TLS, then nonsense": Case([[m.ExtendedResponse(), b"nonsense" * 20, CLOSE]], "tried(l.start_tls_s)[:13]"),
    **{
        f"code {code}": Case([[m.BindResponse(code, b"", b"text")]], "l.simple_bind_s()\nl.error_number")
        for code in (*range(-20, 0), *range(131), 4096, 16654, 65536, 2**31 - 1)
    },
}

TIME = {
    "l.timeout": Case(
        [[], [], [m.AddResponse()]], "l.timeout = 0.05; l.simple_bind_s()\nl.search_s('dc=x', 2)\nl.add_s('dc=x', [])"
    ),
    "OPT_TIMEOUT": Case(
        [[]] * 4 + [[OK]],
        """
        l.set_option(ldap.OPT_TIMEOUT, 0.05); l.simple_bind_s()
        l.whoami_s()
        l.start_tls_s()
        l.error_number
        l.sasl_bind_s('', 'X', b'')
        l.set_option(ldap.OPT_TIMEOUT, 10); l.simple_bind_s()
        """,
    ),
    "search_st": Case([[]], "l.search_st('dc=x', 2, timeout=0.05)"),
    "result": Case([[]], "i = l.search('dc=x', 2); l.result(i, 1, 0.05)\nl.result(i, 0, 0)\nl.error_number"),
    "too late": Case(
        [[], [With(DONE, shift=-1), DONE]],
        "l.timeout = 0.05; l.search_s('dc=x', 2)\nl.timeout = 10; l.search_s('dc=x', 2)",
    ),
    "abandoned": Case(
        [[], [], [DONE]],
        "i = l.search('dc=x', 2); l.abandon(i)\nl.result(i, 1, 0.05)\nl.search_s('dc=x', 2)",
    ),
}

REQUESTS = """
    l.simple_bind()
    l.simple_bind('cn=a', 'b')
    l.simple_bind('cn=a', b'\\xff')
    l.simple_bind(None, None)
    l.bind('cn=a', 'b')
    l.search('dc=x', 2)
    l.search('dc=x', 1, '(a=b)', ['c', 'd'], 1)
    l.search_ext('dc=x', 0, timeout=5, sizelimit=7)
    l.search_ext('dc=x', 0, timeout=0.5)
    l.search_ext('dc=x', 0, timeout=1.9)
    l.search_ext('dc=x', 3, sizelimit=-1)
    l.search('dc=x', -1)
    l.search('dc=x', 2, 'a=b')
    l.search('dc=x', 2, ' (a=b) ')
    l.search('dc=x', 2, '(&(a=b)(c=d))')
    l.search('dc=x', 2, '&(a=b)(c=d)')
    l.search('dc=x', 2, '(a=b)(c=d)')
    l.search('dc=x', 2, '(a=)')
    l.search('dc=x', 2, '(a=*)')
    l.search('dc=x', 2, '(a=b*c*)')
    l.search('dc=x', 2, '(a>=b)')
    l.search('dc=x', 2, '(a~=b)')
    l.search('dc=x', 2, '(a:dn:2.5.13.5:=b)')
    l.search('dc=x', 2, '(a=\\\\2a\\\\28)')
    l.search('dc=x', 2, '(a=\\\\zz)')
    l.search('dc=x', 2, '(!(a=b))')
    l.search('dc=x', 2, '(&)')
    l.search('dc=x', 2, '()')
    l.search('dc=x', 2, '(a)')
    l.search('dc=x', 2, '(a=é)')
    l.search('dc=x', 2, '(a=b')
    l.search('dc=x', 2, 'a=b)')
    l.search('dc=x', 2, '( a = b )')
    l.search('dc=x', 2, '(& (a=b) (c=d) )')
    l.search('dc=x', 2, '(|(a=b)')
    l.search('dc=x', 2, '(!(a=b)(c=d))')
    l.search('dc=x', 2, 'é')
    l.search('dc=x', 2, '   ')
    l.search('', 0, '')
    l.add('dc=x', [])
    l.add('dc=x', [('a', b'b'), ('c', [b'd', b'e']), ('f', [])])
    l.add('', [('a', (b'b',))])
    l.modify('dc=x', [(0, 'a', b'b'), (1, 'c', None), (2, 'd', [b'e', b'f']), (3, 'g', b'1')])
    l.modify('dc=x', [(9, 'a', b'b')])
    l.modify('dc=x', [(0x81, 'a', b'b')])
    l.modify('dc=x', [])
    l.delete('dc=x')
    l.delete('')
    l.rename('dc=x', 'dc=y')
    l.rename('dc=x', 'dc=y', 'dc=z', 0)
    l.rename('dc=x', 'dc=y', '', 5)
    l.modrdn('dc=x', 'dc=y')
    l.compare('dc=x', 'a', 'b')
    l.compare('dc=x', 'a', b'')
    l.passwd(None, None, None)
    l.passwd('a', 'b', 'c')
    l.passwd('a', None, b'c')
    l.passwd('', '', '')
    l.extop(ldap.extop.ExtendedRequest('1.2.3', None))
    l.extop(ldap.extop.ExtendedRequest('1.2.3', b''))
    l.extop(ldap.extop.ExtendedRequest('1.2.3', b'v'))
    l.cancel(5)
    l.cancel(300)
    l.abandon(3)
    l.abandon(1000)
    l.search_ext('dc=x', 0, serverctrls=[ldap.controls.LDAPControl('1.2', True, None, b'x')])
    l.search_ext('dc=x', 0, serverctrls=[ldap.controls.LDAPControl('1.2', False, None, None)])
    l.search_ext('dc=x', 0, serverctrls=[ldap.controls.SimplePagedResultsControl(True, 5, '')])
    l.abandon_ext(3, [ldap.controls.LDAPControl('1.2', False, None, b'x')])
    c.set_option(ldap.OPT_PROTOCOL_VERSION, 2); c.simple_bind('', '')
    c.search_ext('', 0, '(a=b)', None, 0, None, None, 10.0**9, 5)
    l.deref = 2; l.search('dc=x', 2)
    l.timelimit = 9; l.search('dc=x', 2)
    l.unbind()
"""
"""What is sent for each is compared octet by octet; nothing is answered."""

CASES: Mapping[str, Case] = {**AWAY, **ODD, **RESULTS, **TIME}
