"""Calls with controls, and options; see ``calls``."""

CONTROLS = {
    "paged results": """
        page = ldap.controls.SimplePagedResultsControl(True, size=2, cookie="")
        k, data, i, ctrls = l.result3(l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[page]))
        len(data), type(ctrls[0]).__name__, ctrls[0].controlType, ctrls[0].size, type(ctrls[0].cookie)
        page.cookie = ctrls[0].cookie
        k, data, i, ctrls = l.result3(l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[page]))
        len(data)
        page.size, page.cookie = 100, ctrls[0].cookie
        k, data, i, ctrls = l.result3(l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[page]))
        len(data), ctrls[0].cookie, ctrls[0].size
        page.cookie = b"bad"
        l.search_ext_s(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[page])
        l.search_ext_s(PEOPLE, 1, "(uid=alice)", ["1.1"], serverctrls=[ldap.controls.SimplePagedResultsControl(size=5)])
        l.result3(l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[page]), resp_ctrl_classes={"1.2.3": None})
    """,
    "read entry": """
        before = readentry.PreReadControl(criticality=True, attrList=["title;lang-en"])
        after = readentry.PostReadControl(criticality=True, attrList=["employeeType"])
        i = l.modify_ext(ALICE, [(ldap.MOD_REPLACE, "employeeType", b"Boss")], serverctrls=[before, after])
        ctrls = l.result3(i)[3]
        [(type(c).__name__, c.dn, c.entry) for c in ctrls]
        l.modify_ext_s(ALICE, [(ldap.MOD_REPLACE, "title", b"Chief")], serverctrls=[])
        i = l.add_ext("cn=r,dc=example,dc=com", [("objectClass", b"device"), ("cn", b"r")], serverctrls=[after])
        [c.dn for c in l.result3(i)[3]]
        i = l.rename("cn=r,dc=example,dc=com", "cn=s", serverctrls=[after])
        [c.dn for c in l.result3(i)[3]]
        i = l.delete_ext("cn=s,dc=example,dc=com", [readentry.PreReadControl(True, ["cn"])])
        [c.entry for c in l.result3(i)[3]]
    """,
    "sort and views": """
        sort = sss.SSSRequestControl(ordering_rules=["-uid:caseIgnoreOrderingMatch"])
        k, data, i, ctrls = l.result3(l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[sort]))
        [dn for dn, _ in data][:2], [(type(c).__name__, c.sortResult) for c in ctrls]
        bad = sss.SSSRequestControl(ordering_rules=["jpegPhoto"], criticality=True)
        l.search_ext_s(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[bad])
        none = sss.SSSRequestControl(ordering_rules=["nosuchattribute"], criticality=True)
        l.search_ext_s(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[none])
        view = vlv.VLVRequestControl(True, before_count=0, after_count=1, offset=2, content_count=0)
        k, data, i, ctrls = l.result3(l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[sort, view]))
        [dn for dn, _ in data], sorted(type(c).__name__ for c in ctrls)
        v = [c for c in ctrls if "VLV" in type(c).__name__][0]
        v.targetPosition, v.contentCount, v.virtualListViewResult, v.target_position, v.content_count, v.result
    """,
    "others": """
        CRITICAL = ldap.controls.LDAPControl("1.2.3.4", True, None)
        UNKNOWN = ldap.controls.LDAPControl("1.2.3.4", False, None)
        l.search_ext_s(ALICE, 0, "(uid=alice)", ["1.1"], serverctrls=[CRITICAL])
        l.search_ext_s(ALICE, 0, "(uid=alice)", ["1.1"], serverctrls=[UNKNOWN])
        manage, remote = ldap.controls.ManageDSAITControl(), "cn=remote,ou=referrals,dc=example,dc=com"
        l.search_ext_s(remote, 0, None, ["cn"], serverctrls=[manage])
        bob, alice = [ldap.controls.AssertionControl(True, each) for each in ("(uid=bob)", "(uid=alice)")]
        l.modify_ext_s(ALICE, [(ldap.MOD_ADD, "title", b"z")], serverctrls=[bob])
        l.modify_ext_s(ALICE, [(ldap.MOD_ADD, "title", b"z")], serverctrls=[alice])
        org = ldap.controls.MatchedValuesControl(True, "((mail=*org))")
        l.search_ext_s(ALICE, 0, None, ["mail"], serverctrls=[org])
        refs = deref.DereferenceControl(True, {"manager": ["uid", "sn"]})
        k, data, *_ = l.result4(l.search_ext(ALICE, 0, None, ["1.1"], serverctrls=[refs]), add_ctrls=1)
        [(dn, entry, [(type(c).__name__, c.derefRes) for c in ctrls]) for dn, entry, ctrls in data]
        l.result3(l.search_ext(ALICE, 0, None, ["1.1"], serverctrls=[refs]))
        l.search_ext_s(ALICE, 0, None, ["1.1"], serverctrls=[ldap.controls.RelaxRulesControl()])
        l.compare_ext_s(ALICE, "uid", b"alice", serverctrls=[CRITICAL])
        l.delete_ext_s(ALICE, serverctrls=[CRITICAL])
        l.passwd_s(ALICE, None, "x", serverctrls=[CRITICAL])
        a.simple_bind_s(ADMIN, PASSWORD, serverctrls=[CRITICAL])
        a.whoami_s([("1.2.3.4", 1, None)])
        a.whoami_s([("1.2.3.4", 0, None)])
        l.abandon_ext(99, serverctrls=[UNKNOWN])
        l.search_ext_s(ALICE, 0, None, ["uid"], clientctrls=[UNKNOWN])
        l.search_ext_s(ALICE, 0, None, ["uid"], clientctrls=[CRITICAL])
        l.set_option(ldap.OPT_SERVER_CONTROLS, [CRITICAL])
        l.search_s(ALICE, 0, None, ["uid"])
        l.get_option(ldap.OPT_SERVER_CONTROLS)
        l.search_ext_s(ALICE, 0, None, ["uid"], serverctrls=[])
        l.set_option(ldap.OPT_SERVER_CONTROLS, [])
        l.search_s(ALICE, 0, None, ["uid"])
        l.set_option(ldap.OPT_SERVER_CONTROLS, None)
    """,
}

_VALUES = "[None, 0, 1, 3, -1, 2.5, 'x', '', [], (), -5, -5.5, 99999, 10**12, True, b'x', 0.0000001, 1.23456789]"


def _each(names: str) -> str:
    return "\n".join(
        f"[tried(set_and_get, _ldap.initialize('ldap://h:1'), ldap.{name}, value) for value in {_VALUES}]"
        for name in names.split()
    )


OPTIONS = {
    "options set": _each(
        """
        OPT_API_INFO OPT_DESC OPT_DEREF OPT_SIZELIMIT OPT_TIMELIMIT OPT_REFERRALS OPT_RESTART OPT_PROTOCOL_VERSION
        OPT_SERVER_CONTROLS OPT_CLIENT_CONTROLS OPT_API_FEATURE_INFO OPT_HOST_NAME OPT_ERROR_NUMBER
        OPT_DIAGNOSTIC_MESSAGE OPT_MATCHED_DN OPT_TIMEOUT OPT_REFHOPLIMIT OPT_NETWORK_TIMEOUT OPT_URI OPT_DEFBASE
        OPT_CONNECT_ASYNC OPT_TCP_USER_TIMEOUT OPT_X_TLS OPT_X_TLS_CTX OPT_X_TLS_CACERTFILE OPT_X_TLS_CACERTDIR
        OPT_X_TLS_CERTFILE OPT_X_TLS_KEYFILE OPT_X_TLS_REQUIRE_CERT OPT_X_TLS_PROTOCOL_MIN OPT_X_TLS_CIPHER_SUITE
        OPT_X_TLS_RANDOM_FILE OPT_X_TLS_CRLCHECK OPT_X_TLS_DHFILE OPT_X_TLS_NEWCTX OPT_X_TLS_CRLFILE OPT_X_TLS_PACKAGE
        OPT_X_TLS_ECNAME OPT_X_TLS_VERSION OPT_X_TLS_CIPHER OPT_X_TLS_PEERCERT OPT_X_TLS_REQUIRE_SAN
        OPT_X_TLS_PROTOCOL_MAX OPT_X_SASL_MECH OPT_X_SASL_REALM OPT_X_SASL_AUTHCID OPT_X_SASL_AUTHZID OPT_X_SASL_SSF
        OPT_X_SASL_SSF_EXTERNAL OPT_X_SASL_SECPROPS OPT_X_SASL_SSF_MIN OPT_X_SASL_SSF_MAX OPT_X_SASL_NOCANON
        OPT_X_SASL_USERNAME OPT_X_KEEPALIVE_IDLE OPT_X_KEEPALIVE_PROBES OPT_X_KEEPALIVE_INTERVAL
        """
    ),
    "options": """
        [(n, tried(ldap.initialize("ldap://h").get_option, n)) for n in range(0, 100) if n != 112]
        [(n, tried(ldap.initialize("ldap://h").get_option, n)) for n in range(0x5000, 0x5020) if n not in TUNED]
        [(n, tried(ldap.initialize("ldap://h").get_option, n)) for n in range(0x6000, 0x6030)]
        [(n, tried(ldap.initialize("ldap://h").get_option, n)) for n in range(0x6100, 0x6110)]
        [tried(ldap.get_option, n) for n in (1, 2, 3, 4, 8, 9, 17, 18, 49, 50, 51)]
        ldap.get_option(ldap.OPT_URI), ldap.get_option(ldap.OPT_HOST_NAME)
        ldap.set_option(ldap.OPT_URI, None)
        ldap.set_option(ldap.OPT_URI, "ldap://x:5"); ldap.get_option(ldap.OPT_URI)
        ldap.initialize("").get_option(ldap.OPT_URI)
        ldap.set_option(ldap.OPT_URI, "ldap://localhost:389/??base"); ldap.get_option(ldap.OPT_URI)
        ldap.set_option(ldap.OPT_X_SASL_SSF_EXTERNAL, 256)
        tried(ldap.get_option, "x")
        tried(ldap.set_option, "x", 1)
        tried(a.get_option, 10**12)
        a.protocol_version, a.deref, a.referrals, a.sizelimit, a.timelimit, a.network_timeout
        a.network_timeout = 2.5
        a.network_timeout, a.get_option(ldap.OPT_NETWORK_TIMEOUT)
        a.protocol_version = 5
        a.referrals = 7
        a.referrals
        a.sizelimit = 3
        a.timeout = 7
        a.__dict__["timeout"], "sizelimit" in a.__dict__
        a.something = 1
        a.something
        a.error_number, a.error_string, a.matched_dn
        a.bytes_mode = 3
        a.bytes_mode
        ldap.set_option(ldap.OPT_SIZELIMIT, 5)
        ldap.initialize("ldap://h").sizelimit, a.sizelimit
        ldap.set_option(ldap.OPT_SIZELIMIT, 0)
        ldap.set_option(ldap.OPT_REFERRALS, 0)
        ldap.initialize("ldap://h").referrals
        ldap.set_option(ldap.OPT_REFERRALS, 1)
        a.referrals
        ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, "/nonexistent")
        a.get_option(ldap.OPT_X_TLS_CACERTFILE)
        ldap.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        a.set_option(ldap.OPT_X_TLS_CACERTFILE, "/nonexistent")
        a.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, "")
        a.set_option(ldap.OPT_SERVER_CONTROLS, [ldap.controls.ManageDSAITControl()])
        [type(each).__name__ for each in a.get_option(ldap.OPT_SERVER_CONTROLS)]
        c.set_option(ldap.OPT_SERVER_CONTROLS, [("1.2.3", True, b"x")]); c.get_option(ldap.OPT_SERVER_CONTROLS)
        c.set_option(ldap.OPT_X_SASL_SECPROPS, "noplain,minssf=3"); c.get_option(ldap.OPT_X_SASL_SSF_MIN)
        c.set_option(ldap.OPT_X_SASL_SECPROPS, "none")
        c.set_option(ldap.OPT_X_SASL_SECPROPS, "other")
        l.sizelimit = 2
        l.search_ext_s(PEOPLE, 1, "(uid=*)", ["1.1"], sizelimit=-1)
        len(l.search_s(PEOPLE, 1, "(uid=*)", ["1.1"])) > 2
        l.timelimit = 1
        len(l.search_s(PEOPLE, 1, "(uid=alice)", ["1.1"]))
        l.deref = ldap.DEREF_ALWAYS
        len(l.search_s(PEOPLE, 1, "(uid=alice)", ["1.1"]))
        l.deref = 9
        l.search_s(PEOPLE, 1, "(uid=alice)", ["1.1"])
    """,
}

REFERRALS = {
    "referrals": """
        l.referrals
        sorted(l.search_s("ou=referrals,dc=example,dc=com", 2, None, ["ou"]), key=str)
        l.search_s("cn=remote,ou=referrals,dc=example,dc=com", 0)
        l.add_s("cn=here,ou=referrals,dc=example,dc=com", referral(uri, PEOPLE))
        [dn for dn, _ in l.search_s("cn=here,ou=referrals,dc=example,dc=com", 1, "(uid=alice)")]
        l.search_s("cn=here,ou=referrals,dc=example,dc=com", 0, None, ["ou"])
        l.search_s("uid=alice,cn=here,ou=referrals,dc=example,dc=com", 0, None, ["uid"])
        l.search_s("uid=none,cn=here,ou=referrals,dc=example,dc=com", 0, None, ["uid"])
        sorted(l.search_s("ou=referrals,dc=example,dc=com", 2, "(|(uid=alice)(ou=referrals))", ["uid"]), key=str)
        sorted(l.search_s("ou=referrals,dc=example,dc=com", 1, "(|(uid=alice)(ou=people))", ["uid"]), key=str)
        l.compare_s("uid=alice,cn=here,ou=referrals,dc=example,dc=com", "uid", "alice")
        l.modify_s("uid=alice,cn=here,ou=referrals,dc=example,dc=com", [(ldap.MOD_REPLACE, "title", b"Away")])
        l.compare_s(ALICE, "title", "Away")
        l.add_s("cn=new,cn=here,ou=referrals,dc=example,dc=com", [("objectClass", b"device"), ("cn", b"new")])
        l.delete_s("cn=new,cn=here,ou=referrals,dc=example,dc=com")
        l.delete_s("cn=new," + PEOPLE)
        l.rename_s("uid=dave,cn=here,ou=referrals,dc=example,dc=com", "uid=david")
        i = l.search("ou=referrals,dc=example,dc=com", 2, "(uid=alice)", ["uid"]); l.result(i, 0)[0]
        l.result(i)[0]
        l.referrals = 0
        l.search_s("cn=here,ou=referrals,dc=example,dc=com", 0)
        l.search_s("uid=alice,cn=here,ou=referrals,dc=example,dc=com", 2)
        l.modify_s("uid=alice,cn=here,ou=referrals,dc=example,dc=com", [(ldap.MOD_REPLACE, "title", b"Away")])
        sorted(l.search_s("ou=referrals,dc=example,dc=com", 2, "(|(uid=alice)(ou=referrals))", ["uid"]), key=str)
        l.whoami_s()
    """,
    "to another server": """
        l.add_s("cn=there,ou=referrals,dc=example,dc=com", referral(other, PEOPLE))
        l.search_s("cn=there,ou=referrals,dc=example,dc=com", 0, None, ["ou"])
        l.search_s("uid=bob,cn=there,ou=referrals,dc=example,dc=com", 0, None, ["uid"])
        l.modify_s("uid=bob,cn=there,ou=referrals,dc=example,dc=com", [(ldap.MOD_REPLACE, "title", b"Away")])
        l.compare_s("uid=bob,cn=there,ou=referrals,dc=example,dc=com", "uid", "bob")
        l.add_s("cn=circle,ou=referrals,dc=example,dc=com", referral(uri, "cn=circle,ou=referrals,dc=example,dc=com"))
        l.search_s("cn=circle,ou=referrals,dc=example,dc=com", 0)
        l.modify_s("cn=circle,ou=referrals,dc=example,dc=com", [(ldap.MOD_REPLACE, "title", b"Away")])
        l.whoami_s()
        l.search_s("cn=there,ou=referrals,dc=example,dc=com", 2, "(uid=bob)", ["uid"])
        a.search_s("ou=referrals,dc=example,dc=com", 2, "(uid=bob)", ["uid"])
    """,
}
"""``other`` is the URI of a second server with the same entries."""

SASL = {
    "sasl": """
        l.set_option(ldap.OPT_X_SASL_SSF_EXTERNAL, 256)
        l.sasl_interactive_bind_s("", ldap.sasl.cram_md5("alice", "alice-secret"))
        l.whoami_s()
        l.set_option(ldap.OPT_X_SASL_SSF_EXTERNAL, 256)
        l.set_option(ldap.OPT_X_SASL_SSF_EXTERNAL, "x")
        l.get_option(ldap.OPT_X_SASL_USERNAME)
        l.get_option(ldap.OPT_X_SASL_SSF)
        l.sasl_interactive_bind_s("", ldap.sasl.digest_md5("alice", "alice-secret"))
        l.whoami_s()
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "SCRAM-SHA-1"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "SCRAM-SHA-256"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "SCRAM-SHA-512"))
        l.whoami_s()
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, ""))
        l.whoami_s()
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "NOTHING CRAM-MD5"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl({}, "CRAM-MD5"))
        l.sasl_interactive_bind_s("", ldap.sasl.cram_md5("alice", "wrong"))
        l.get_option(ldap.OPT_X_SASL_USERNAME)
        l.whoami_s()
        l.sasl_interactive_bind_s("", ldap.sasl.digest_md5("alice", "wrong"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl({**WHO, 0x4004: "wrong"}, "SCRAM-SHA-256"))
        l.sasl_interactive_bind_s("", ldap.sasl.digest_md5("nobody", "wrong"))
        l.sasl_interactive_bind_s("", ldap.sasl.digest_md5("alice", "alice-secret", "dn:uid=bob," + PEOPLE))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl({**WHO, 0x4001: "dn:uid=bob," + PEOPLE}, "SCRAM-SHA-256"))
        l.sasl_interactive_bind_s("", ldap.sasl.external())
        l.sasl_interactive_bind_s("", ldap.sasl.gssapi())
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "PLAIN"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "LOGIN"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "ANONYMOUS"))
        l.sasl_non_interactive_bind_s("EXTERNAL")
        l.sasl_external_bind_s()
        l.set_option(ldap.OPT_X_SASL_SECPROPS, "none")
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "PLAIN"))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl(WHO, "ANONYMOUS"))
        type(l.sasl_bind_s("", "CRAM-MD5", None))
        l.sasl_bind_s("", "CRAM-MD5", b"x")
        l.sasl_bind_s("", "PLAIN", b"")
        l.sasl_bind_s("", "EXTERNAL", b"")
        l.sasl_bind_s("", "NOTHING", b"")
        l.sasl_bind_s(ADMIN, None, PASSWORD)
        l.whoami_s()
    """,
}

TLS = {
    "tls": """
        a.set_option(ldap.OPT_X_TLS_CACERTFILE, CA)
        a.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        a.get_option(ldap.OPT_X_TLS_VERSION)
        a.start_tls_s()
        a.get_option(ldap.OPT_X_TLS_VERSION), a.get_option(ldap.OPT_X_TLS_CIPHER)
        type(a.get_option(ldap.OPT_X_TLS_PEERCERT)) if not LOCAL else bytes
        a.whoami_s()
        a.simple_bind_s(ADMIN, PASSWORD)
        a.whoami_s()
        a.start_tls_s()
        a.search_s(ALICE, 0, None, ["uid"])
        l.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
        l.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        l.start_tls_s()
        l.whoami_s()
        l.search_s(ALICE, 0, None, ["uid"])
        l.unbind_s()
    """,
}

TLS_REFUSED = {
    "tls refused": """
        a.start_tls_s()
        a.whoami_s()
        a.get_option(ldap.OPT_X_TLS_VERSION)
        l.set_option(ldap.OPT_X_TLS_CACERTFILE, "/nonexistent")
        l.start_tls_s()
        l.whoami_s()
    """,
}
