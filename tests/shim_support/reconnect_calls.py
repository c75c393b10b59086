"""Calls of ReconnectLDAPObject against a scripted peer, see ``peer_calls``: what it does again, and when."""

from shim_support.peer import CLOSE
from shim_support.peer_calls import DONE, ENTRY, OK, Case

from fakeldapd.protocol import messages as m

WHO = m.ExtendedResponse(value=b"dn:cn=a")
NEW = "r = ldap.ldapobject.ReconnectLDAPObject(uri, retry_max=2, retry_delay=0.01)"
BOUND = f"{NEW}; r.simple_bind_s('cn=a', 'b')"

RECONNECT = {
    "goes on": Case(
        [[OK], [CLOSE], [OK], [ENTRY, DONE], [CLOSE], [OK], [m.AddResponse()]],
        f"""
        {BOUND}
        r.search_s('dc=x', 2)
        r._reconnects_done
        r.add_s('dc=x', [])
        r._reconnects_done
        """,
    ),
    "without a bind": Case([[CLOSE], [OK], [WHO]], f"{NEW}; r.whoami_s()"),
    "a bind again": Case([[OK], [CLOSE], [OK], [OK], [WHO]], f"{BOUND}\nr.simple_bind_s('cn=c', 'd')\nr.whoami_s()"),
    "bind_s": Case([[OK], [CLOSE], [OK], [WHO]], f"{NEW}; r.bind_s('cn=a', 'b')\nr.whoami_s()"),
    "a refused bind": Case([[m.BindResponse(49)], [CLOSE], [OK], [WHO]], f"{BOUND}\nr.whoami_s()"),
    "a bind that is refused later": Case([[OK], [CLOSE], [m.BindResponse(49)]], f"{BOUND}\nr.whoami_s()\nr.fileno()"),
    "options again": Case(
        [[OK], [CLOSE], [OK], [WHO]],
        f"""
        {BOUND}
        r.set_option(ldap.OPT_REFERRALS, 0)
        r.protocol_version = 2
        r.sizelimit = 'x'
        r._options
        r.protocol_version = 3; r.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
        r._options = [each for each in r._options if each[1] != 'x']; r.whoami_s()
        r.referrals, r.protocol_version, r.network_timeout
        """,
    ),
    "unavailable": Case([[OK], [m.SearchResultDone(52)], [OK], [DONE]], f"{BOUND}\nr.search_s('dc=x', 2)"),
    "busy isn't": Case([[OK], [m.SearchResultDone(51)]], f"{BOUND}\nr.search_s('dc=x', 2)"),
    "a time out": Case([[OK], [], [OK], [DONE]], f"{BOUND}\nr.timeout = 0.1; r.search_s('dc=x', 2)"),
    "a second failure": Case(
        [[OK], [CLOSE], [OK], [CLOSE], [OK], [WHO]],
        f"{BOUND}\nr.whoami_s()\nr.whoami_s()\nr._reconnects_done",
    ),
    "nobody there": Case(
        [],
        """
        r = ldap.ldapobject.ReconnectLDAPObject('ldap://127.0.0.1:1', retry_max=3, retry_delay=0.01)
        r.whoami_s()
        hasattr(r, '_l')
        r.simple_bind_s()
        r.search('dc=x', 2)
        r._reconnects_done
        """,
    ),
    "retries as a float": Case(
        [[OK], [CLOSE], [OK], [WHO]],
        """
        r = ldap.ldapobject.ReconnectLDAPObject(uri, retry_max=10E4, retry_delay=0.01); r.simple_bind_s()
        r.whoami_s()
        r._reconnects_done
        """,
    ),
    "no retries": Case(
        [[OK], [CLOSE]],
        """
        r = ldap.ldapobject.ReconnectLDAPObject(uri, retry_max=0); r.simple_bind_s()
        r.whoami_s()
        """,
    ),
    "after unbind": Case(
        [[OK], [OK], [WHO]],
        f"{BOUND}\nr.unbind_s()\nr.search('dc=x', 2)\nr.whoami_s()\nr._reconnects_done",
    ),
    "asynchronous calls don't": Case(
        [[OK], [CLOSE]], f"{BOUND}\ni = r.search('dc=x', 2); r.result(i)\nr._reconnects_done"
    ),
    "by hand": Case([[OK], [OK], [WHO]], f"{BOUND}\nr.reconnect(uri)\nr.whoami_s()\nr.reconnect(uri, force=False)"),
    "state": Case([[OK]], f"{BOUND}\nsorted(r.__dict__)\nsorted(r.__getstate__())\nr.__getstate__()['_last_bind']"),
    "pickle": Case(
        [[OK], [OK], [WHO]],
        f"""
        {BOUND}
        p = pickle.loads(pickle.dumps(r)); type(p).__name__
        p._reconnects_done, p._options, p._uri == uri
        p._last_bind[0].__name__, p._last_bind[1:]
        """,
    ),
    "pickle before a bind": Case([], f"{NEW}; tried(pickle.dumps, r)[:9]"),
    "start TLS refused": Case([[m.ExtendedResponse(2)]], f"{NEW}; r.start_tls_s()\nr._start_tls"),
    "all the others": Case(
        [
            [CLOSE],
            [OK],
            [m.ModifyResponse()],
            [CLOSE],
            [OK],
            [m.DeleteResponse()],
            [CLOSE],
            [OK],
            [m.ModifyDNResponse()],
            [CLOSE],
            [OK],
            [m.CompareResponse(6)],
            [CLOSE],
            [OK],
            [m.ExtendedResponse()],
            [CLOSE],
            [OK],
            [m.ExtendedResponse()],
            [CLOSE],
            [OK],
            [m.ExtendedResponse()],
            [CLOSE],
            [OK],
            [m.BindResponse(14)],
        ],
        f"""
        {NEW}; r.modify_s('dc=x', [])
        r.delete_s('dc=x')
        r.modrdn_s('dc=x', 'dc=y')
        r.compare_s('dc=x', 'a', 'b')
        r.passwd_s('a', 'b', 'c')
        r.extop_s(ldap.extop.ExtendedRequest('1.2', None))
        r.cancel_s(3)
        r.sasl_bind_s('', 'X', b'')
        """,
    ),
}
