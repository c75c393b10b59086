"""Configurations about who may do what: their names -> options that slapd and fakeldapd understand alike."""

from collections.abc import Mapping

from oracle.slapd import BASE
from oracle.steps import ALICE, BOB, CAROL, EVE, GROUPS, PEOPLE

PASSWORDS_BREAK = "to attrs=userPassword by anonymous auth by * break"

ACCESS: Mapping[str, list[str]] = {
    "access: read": ["to * by * read"],
    "access: nothing": [PASSWORDS_BREAK, "to * by * none"],
    "access: disclose": [
        PASSWORDS_BREAK,
        f'to dn.subtree="{GROUPS}" by users search by * disclose',
        "to * by users read by * none",
    ],
    "access: attributes": [
        "to attrs=userPassword by self =xw by anonymous auth",
        "to attrs=@posixAccount,!inetOrgPerson by * search",
        "to attrs=entry,children by * read",
        "to attrs=name by users read by * compare",
        "to * by users read by * none",
    ],
    "access: people": [
        "to attrs=userPassword by anonymous auth by self write by * none",
        f'to dn.regex="^(.+,)?uid=([^,]+),{PEOPLE}$" by dn.exact,expand="uid=$2,{PEOPLE}" write by users read',
        f'to dn.one="{GROUPS}" attrs=member by dnattr=member write by * read',
        f'to dn.subtree="{GROUPS}" by group="cn=admins,{GROUPS}" write by * read',
        f'to dn.children="ou=referrals,{BASE}" attrs=ref by * none',
        "to * by users read by anonymous search",
    ],
    "access: writers": [
        "to attrs=userPassword by anonymous auth by * none",
        f'to dn.base="{PEOPLE}" attrs=children by dn.base="{ALICE}" write by dn.base="{BOB}" add'
        f' by dn.base="{CAROL}" delete',
        f'to dn.one="{PEOPLE}" attrs=entry by dn.base="{CAROL}" =zrd by users write',
        f'to dn.base="{GROUPS}" attrs=entry,children by users write',
        f'to dn.base="{EVE}" attrs=description by dn.base="{ALICE}" write by dn.base="{BOB}" add'
        f' by dn.base="{CAROL}" =z',
        f'to dn.base="{EVE}" attrs=telephoneNumber by dn.base="{ALICE}" add by dn.base="{BOB}" delete',
        "to attrs=cn by users write by * read",
        'to dn.base="" attrs=children by users write',
        "to * by * read",
    ],
    "access: flow": [
        PASSWORDS_BREAK,
        "to attrs=cn by * =cs continue by users +r",
        "to attrs=sn by * =cs break",
        f'to dn.subtree="{PEOPLE}" attrs=sn by users +r by * +0',
        "to attrs=mail by users read break by * none",
        "to attrs=mail by * -r continue by * +0",
        "to attrs=description by * break",
        'to filter="(uidNumber>=1000)" by users read continue by self +w',
        'to filter="(objectClass=groupOfNames)" by self.level{-1} write by users =rscd by * =d',
        f'to dn.children="{PEOPLE}" by self.level{{1}} none by users =rscxd by * none break',
        f'to dn.regex="^ou=[[:alpha:]]+,{BASE}$" by dn.regex="^uid=[ab].*" read by * search',
        "to * by users search by * disclose",
    ],
    "access: groups": [
        PASSWORDS_BREAK,
        f'to dn.base="{EVE}" by group/groupOfUniqueNames/uniqueMember="cn=unique,{GROUPS}" write by * read',
        f'to dn.base="{BOB}" by group="cn=none,{GROUPS}" write by group.expand="cn=admins,{GROUPS}" read by * none',
        f'to dn.base="{CAROL}" by group/groupOfUniqueNames/uniqueMember="cn=admins,{GROUPS}" write by * search',
        f'to dn.subtree="cn=outer,{GROUPS}" by dnattr=seeAlso write by dnattr=member write'
        " by users ssf=1 read by * search",
        f'to dn.base="{ALICE}" by dnattr=manager write by dn.level{{2}}="{BASE}" read by * auth',
        "to * by * read",
    ],
}  # fmt: skip
"""Sets of access rules."""

POLICY: Mapping[str, dict[str, object]] = {
    "policy: disallow": {"disallow": "bind_anon"},
    "policy: no simple": {"disallow": "bind_anon,bind_simple"},
    "policy: require bind": {"require": "bind"},
    "policy: require authc": {"require": "LDAPv3,authc", "allow": "bind_v2"},
    "policy: require SASL": {"require": "SASL"},
    "policy: require strong": {"require": "strong"},
    "policy: require none": {"require": "none"},
    "policy: tls": {"security": "tls=1"},
    "policy: ssf": {"security": "ssf=56"},
    "policy: simple bind": {"security": "simple_bind=64,update_ssf=112"},
    "policy: update tls": {"security": "update_tls=1", "allow": "update_anon"},
    "policy: transport": {"security": "transport=1,sasl=1"},
    "policy: allow": {"allow": "bind_v2,bind_anon_cred,bind_anon_dn,update_anon"},
    "policy: restrict read": {"restrict": "read"},
    "policy: restrict write": {"restrict": "write,bind"},
    "policy: restrict extended": {"restrict": "extended=1.3.6.1.4.1.4203.1.11.3,add,search"},
    "policy: restrict all extended": {"restrict": "extended"},
    "policy: referral": {"referral": "ldap://other.example"},
    "policy: both": {
        "referral": "ldap://other.example:1389",
        "require": "authc",
        "restrict": "delete",
        "read-only": True,
    },
}
"""Directives for everybody."""

LIMITS: Mapping[str, list[str]] = {
    "limits: size": [
        f'dn.base="{ALICE}" size=2',
        f'dn="{BOB}" size.soft=2 size.hard=4',
        f'dn.exact="{CAROL}" size.soft=2 size.hard=unlimited',
        "anonymous size.soft=4 size.hard=2",
        "* size=1",
    ],
    "limits: pages": [
        f'dn.base="{ALICE}" size=3 size.pr=2',
        f'dn.base="{BOB}" size.prtotal=disabled',
        f'dn.base="{CAROL}" size.soft=2 size.hard=4 size.pr=2 size.prtotal=5',
        "anonymous size=3 size.prtotal=unlimited",
    ],
    "limits: unchecked": [
        'dn.regex="^uid=alice," size.unchecked=5',
        f'group="cn=admins,{GROUPS}" size.unchecked=disabled',
        f'dn.onelevel="{PEOPLE}" size=3 time=10',
        "anonymous size.unchecked=6 size=unlimited",
    ],
}  # fmt: skip
"""Limits for some."""

SASL_POLICY: Mapping[str, dict[str, object]] = {
    "sasl-policy: SASL": {"require": "SASL"},
    "sasl-policy: strong": {"require": "strong", "security": "transport=1"},
    "sasl-policy: tls": {"security": "tls=1"},
    "sasl-policy: ssf": {"security": "ssf=64"},
    "sasl-policy: sasl": {"security": "sasl=1"},
    "sasl-policy: update sasl": {"security": "update_sasl=1"},
    "sasl-policy: update ssf": {"security": "update_ssf=128,simple_bind=1"},
    "sasl-policy: far too weak": {"security": "tls=1000"},
    "sasl-policy: stays": {"disallow": "tls_2_anon"},
    "sasl-policy: no TLS": {"disallow": "tls_2_anon,tls_authc"},
    "sasl-policy: TLS anyway": {"disallow": "tls_authc"},
    "sasl-policy: no bind": {"restrict": "bind"},
    "sasl-policy: no StartTLS": {"restrict": "extended=1.3.6.1.4.1.1466.20037"},
    "sasl-policy: critical": {"disallow": "proxy_authz_non_critical,dontusecopy_non_critical"},
    "sasl-policy: proxy": {"allow": "proxy_authz_anon,bind_v2"},
    "sasl-policy: authc": {"require": "authc", "allow": "proxy_authz_anon"},
}
"""Directives for everybody, where there are SASL and TLS."""

SASL_ACCESS: Mapping[str, list[str]] = {
    "sasl-access: password": ["to attrs=userPassword by anonymous auth", "to * by users read"],
    "sasl-access: entries": ["to attrs=userPassword,entry by anonymous auth by users read"],
    "sasl-access: not the password": ["to attrs=userPassword by * none", "to * by * read"],
    "sasl-access: the base": [
        f'to dn.base="{BASE}" by * none',
        "to attrs=userPassword by anonymous auth by self write",
        "to * by * read",
    ],
    "sasl-access: rules": [
        "to attrs=authzTo by users auth by * none",
        "to attrs=authzFrom by self write by users none by anonymous auth",
        "to * by anonymous auth by self write by users read",
    ],
    "sasl-access: neither": ["to attrs=authzTo,authzFrom by * none", "to * by users read by anonymous auth"],
    "sasl-access: nobody": ["to * by * none"],
    "sasl-access: members": ["to attrs=member,uniqueMember by * none", "to * by * read"],
    "sasl-access: who": [
        "to attrs=userPassword by anonymous auth by self read",
        "to dn.subtree=\"ou=people,dc=example,dc=com\" attrs=authzTo by self read by * auth",
        "to attrs=title by self write by * read",
        "to attrs=children,entry,ou by users write by * read",
        "to * by * search",
    ],
}  # fmt: skip
"""Access rules where there is SASL."""

_BOB_HIDDEN = [
    "to attrs=userPassword by anonymous auth",
    f'to dn.base="{BOB}" by users search by * none',
    f'to dn.base="{ALICE}" attrs=uid by users read by * search',
]
_DYNAMIC = "dynlist:dynlist-attrset groupOfURLs memberURL"

OVERLAYS: Mapping[str, dict[str, object]] = {
    "access: dynlist": {"access": [*_BOB_HIDDEN, "to * by * read"], "overlay": [f"{_DYNAMIC} member"]},
    "access: dynlist, attributes": {"access": [*_BOB_HIDDEN, "to * by * read"], "overlay": [_DYNAMIC]},
    "access: dynlist, base": {
        "access": [
            "to attrs=userPassword by anonymous auth",
            f'to dn.base="{PEOPLE}" attrs=entry by dn.base="{ALICE}" search by * disclose',
            "to * by * read",
        ],
        "overlay": [f"{_DYNAMIC} member"],
    },
    "access: dynlist, none": {"access": ["to attrs=mail by * none", "to * by * read"], "overlay": [_DYNAMIC]},
}
"""Access rules with overlays."""

GROUPED: Mapping[str, dict[str, object]] = {
    "access: memberof": {
        "access": [
            "to attrs=userPassword by anonymous auth",
            "to attrs=memberOf by self read by users search by * none",
            f'to dn.subtree="{GROUPS}" by dn.base="{ALICE}" write by * read',
            f'to dn.base="{BOB}" attrs=entry,uid by self write by * read',
            f'to dn.base="{PEOPLE}" attrs=children by dn.base="{BOB}" write by * read',
            "to * by * read",
        ],
        "overlay": ["memberof"],
        "schema": "core,cosine,inetorgperson,nis,misc,dyngroup",
    },
    "access: refint": {
        "access": [
            "to attrs=userPassword by anonymous auth",
            f'to dn.base="{BOB}" attrs=entry,uid by self write by * read',
            f'to dn.base="{PEOPLE}" attrs=children by dn.base="{BOB}" write by * read',
            "to * by * read",
        ],
        "overlay": ["memberof", "refint:member manager"],
        "schema": "core,cosine,inetorgperson,nis,misc,dyngroup",
    },
}
"""The same where there are groups whose members have memberOf."""

VARIANTS: Mapping[str, dict[str, object]] = {
    **OVERLAYS,
    **{name: {"access": rules} for name, rules in ACCESS.items()},
    "access: two": {
        "access": [f'to dn.base="o=Second Base" attrs=entry by dn.base="{ALICE}" write', *ACCESS["access: writers"]],
        "base": [BASE, "o=Second Base"],
    },
    "access: hidden": {
        "access": [
            "to attrs=userPassword by anonymous auth",
            f'to dn.base="{BOB}" attrs=entry by * search',
            f'to dn.base="{BOB}" attrs=description by * write',
            f'to dn.base="{EVE}" attrs=sn by * none',
            f'to dn.base="{EVE}" attrs=description by * write',
            f'to dn.base="cn=broken,ou=aliases,{BASE}" by * none',
            f'to dn.base="{PEOPLE}" attrs=children by * write',
            'to filter="(objectClass=device)" attrs=entry by * =wdxcs',
            "to * by * read",
        ]
    },
    **POLICY,
    **{name: {"limits": rules} for name, rules in LIMITS.items()},
}
