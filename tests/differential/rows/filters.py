"""Search filters: what they find in the whole directory (RFC 4511 section 4.5.1.7, RFC 4517, 4526)."""

from oracle import wire
from oracle.slapd import ADMIN
from oracle.steps import ALICE, GROUPS, MANAGE, PEOPLE, modify, raw, row, search

FILTERS = r"""
(objectClass=*)
(objectclass=*)
(2.5.4.0=*)
(&)
(|)
(!(&))
(!(|))
(&(uid=alice))
(|(uid=alice))
(&(uid=alice)(sn=adams))
(&(uid=alice)(sn=brown))
(|(uid=alice)(sn=brown))
(!(uid=alice))
(!(!(uid=alice)))
(&(objectClass=person)(!(uid=alice)))
(&(|(uid=alice)(uid=bob))(!(uid=bob)))
(|(&)(uid=alice))
(&(|)(uid=alice))
(foo=bar)
(!(foo=bar))
(foo=*)
(!(foo=*))
(foo>=1)
(!(foo>=1))
(foo~=x)
(foo=*x*)
(!(foo=*x*))
(&(foo=bar)(uid=alice))
(|(foo=bar)(uid=alice))
(!(|(foo=bar)(uid=alice)))
(!(&(foo=bar)(uid=nobody)))
(!(&(foo=bar)(uid=alice)))
(!(uidNumber=abc))
(uidNumber=abc)
(uidNumber=)
(!(member=notadn))
(member=notadn)
(!(objectClass=noSuch))
(objectClass=noSuch)
(objectClass=)
(|(objectClass=noSuch)(uid=alice))
(cn=alice adams)
(cn=ALICE ADAMS)
(cn= alice   adams )
(cn=aliceadams)
(cn=alice\20adams)
(cn=José)
(cn=Carol José)
(cn=CAROL JOSÉ)
(sn=JOSÉ)
(sn=Jose\cc\81)
(sn=jose)
(cn=alice ädams)
(cn;lang-de=alice ädams)
(cn;lang-en=alice ädams)
(cn;lang-de=alice adams)
(cn;lang-=alice ädams)
(cn;lang-de-=alice ädamerl)
(cn;lang-de-AT=*)
(cn;lang-de=*)
(cn;x-foo=alice adams)
(cn;x-foo=*)
(!(cn;lang-en=*))
(description;lang-en=in english)
(description=in english)
(description=likes two spaces)
(description=likes\20\20two spaces)
(commonName=bob brown)
(2.5.4.3=bob brown)
(OID.2.5.4.3=bob brown)
(surname=brown)
(name=brown)
(name=Alice)
(name;lang-de=alice ädams)
(name=*)
(name=br*)
(uid=alice)
(uid=ALICE)
(userid=alice)
(mail=ALICE@example.com)
(rfc822Mailbox=bob@example.com)
(mail=alice)
(telephoneNumber=+15550100)
(telephoneNumber=+1-555-0100)
(telephoneNumber=+1 555 0100)
(telephoneNumber=1 555 0100)
(telephoneNumber=555-0104)
(telephoneNumber=*555*)
(telephoneNumber=+1 5*)
(telephoneNumber=*0 1*)
(telephoneNumber=)
(uidNumber=1000)
(uidNumber=01000)
(uidNumber=+1000)
(uidNumber= 1000)
(uidNumber=1000 )
(uidNumber=-0)
(uidNumber=1000.0)
(uidNumber=20000000000000000000)
(uidNumber>=999)
(uidNumber>=1000)
(uidNumber<=999)
(uidNumber>=20000000000000000000)
(uidNumber<=20000000000000000000)
(uidNumber>=-5)
(uidNumber<=-5)
(uidNumber>=abc)
(!(uidNumber>=abc))
(uidNumber>=)
(uidNumber~=1000)
(uidNumber=1*)
(uidNumber=*0)
(!(uidNumber=1*))
(cn>=a)
(cn<=z)
(!(cn>=a))
(uid>=a)
(sn>=b)
(sn<=b)
(employeeNumber>=1)
(employeeNumber<=9)
(mail>=a)
(description>=a)
(gidNumber=100)
(member=uid=alice,ou=people,dc=example,dc=com)
(member=UID=ALICE, OU=People, DC=example, DC=com)
(member=uid=bob,ou=people,dc=example,dc=com)
(member=0.9.2342.19200300.100.1.1=bob,ou=people,dc=example,dc=com)
(member=uid=bob;ou=people;dc=example;dc=com)
(member=)
(member=*)
(member=uid=*)
(member=*alice*)
(!(member=uid=*))
(member>=uid=alice,ou=people,dc=example,dc=com)
(distinguishedName=uid=alice,ou=people,dc=example,dc=com)
(distinguishedName=cn=admins,ou=groups,dc=example,dc=com)
(seeAlso=CN=admins,ou=groups,dc=example,dc=com)
(uniqueMember=uid=alice,ou=people,dc=example,dc=com)
(uniqueMember=uid=bob,ou=people,dc=example,dc=com)
(uniqueMember=uid=bob,ou=people,dc=example,dc=com#'0101'B)
(uniqueMember=uid=bob,ou=people,dc=example,dc=com#'0110'B)
(uniqueMember=uid=carol,ou=people,dc=example,dc=com)
(memberUid=alice)
(memberUid=ALICE)
(memberUid=Bob)
(memberUid=bob)
(memberUid=B*)
(memberUid=b*)
(homeDirectory=/home/Alice)
(homeDirectory=/home/alice)
(homeDirectory=/home/*)
(homeDirectory=/HOME/*)
(homeDirectory=*Alice)
(loginShell=/bin/sh)
(objectClass=person)
(objectClass=PERSON)
(objectClass=top)
(objectClass=2.5.6.6)
(objectClass=inetOrgPerson)
(objectClass=2.16.840.1.113730.3.2.2)
(objectClass=organizationalPerson)
(objectClass=posixAccount)
(objectClass=alias)
(objectClass=referral)
(objectClass=extensibleObject)
(objectClass=p*)
(objectClass>=person)
(objectClass~=person)
(!(objectClass=person))
(!(objectClass=p*))
(structuralObjectClass=person)
(structuralObjectClass=inetOrgPerson)
(structuralObjectClass=top)
(structuralObjectClass=*)
(cn~=alise adams)
(cn~=alice)
(cn~=alise)
(cn~=adams)
(cn~=bob)
(cn~=bop)
(sn~=braun)
(givenName~=allice)
(cn~=)
(mail~=alice@example.com)
(cn=a*)
(cn=A*)
(cn=*s)
(cn=*i*)
(cn=*i*a*)
(cn=al*ad*s)
(cn=al*s*ad)
(cn=a*a*a*a)
(cn=alice*adams)
(cn=alice *)
(cn=alice  *)
(cn=* adams)
(cn=*  adams)
(cn=alice*  *adams)
(cn=*e a*)
(cn=*e  a*)
(cn=two *spaces)
(cn=two spaces*)
(cn=*\c3\bc*)
(cn=*Ü*)
(cn=j*n)
(uid=*o*o*)
(uid=b*b)
(uid=*a*)
(uid=alice*alice)
(mail=*@example.*)
(mail=*@EXAMPLE.*)
(description=*  two*)
(description=* two *)
(jpegPhoto=*)
(jpegPhoto=\ff\d8\ff\e0picture)
(!(jpegPhoto=\ff\d8\ff\e0picture))
(jpegPhoto=\ff*)
(!(jpegPhoto=*))
(cn=)
(sn=)
(uid=)
(description=)
(!(cn=))
(=x)
(!(=x))
(cn=\00)
(cn=\ff)
(!(cn=\ff))
(cn=*\ff*)
(cn=a\2a)
(cn=\28\29)
(preferredLanguage=DE)
(postalAddress=1 Main Street$Springfield)
(postalAddress=1 main street$springfield)
(postalAddress=*main*)
(postalAddress=1  main street $ springfield)
(labeledURI=http://example.com/~alice Home)
(labeledURI=HTTP://example.com/~alice Home)
(userPassword=*)
(userPassword=alice-secret)
(!(userPassword=alice-secret))
(!(userPassword=*))
(createTimestamp>=20000101000000Z)
(createTimestamp<=20000101000000Z)
(createTimestamp<=21000101000000Z)
(createTimestamp>=20000101000000.0Z)
(createTimestamp>=200001010000Z)
(createTimestamp>=2000010100Z)
(createTimestamp>=20000101000000+0100)
(createTimestamp>=20000101000000-0130)
(createTimestamp>=2000)
(createTimestamp>=20000101)
(!(createTimestamp>=2000))
(createTimestamp>=20001301000000Z)
(createTimestamp>=20000230000000Z)
(createTimestamp=*)
(modifyTimestamp=2*)
(entryUUID=*)
(entryUUID=00000000-0000-0000-0000-000000000000)
(entryUUID=abc)
(!(entryUUID=abc))
(!(entryUUID=00000000-0000-0000-0000-000000000000))
(entryUUID>=00000000-0000-0000-0000-000000000000)
(entryUUID<=00000000-0000-0000-0000-000000000000)
(entryCSN=*)
(entryCSN>=20000101000000.000000Z#000000#000#000000)
(entryCSN<=20000101000000.000000Z#000000#000#000000)
(creatorsName=cn=admin,dc=example,dc=com)
(creatorsName=CN=Admin, dc=example,dc=com)
(creatorsName=*)
(entryDN=uid=alice,ou=people,dc=example,dc=com)
(entryDN=UID=Alice, OU=people, dc=example, dc=com)
(entryDN=uid=nobody,ou=people,dc=example,dc=com)
(entryDN=garbage)
(!(entryDN=garbage))
(entryDN=*)
(!(entryDN=*))
(!(entryDN=uid=alice,ou=people,dc=example,dc=com))
(entryDN:dnSubtreeMatch:=ou=people,dc=example,dc=com)
(entryDN:dnOneLevelMatch:=ou=people,dc=example,dc=com)
(entryDN:dnOneLevelMatch:=dc=example,dc=com)
(entryDN:dnSubordinateMatch:=ou=people,dc=example,dc=com)
(entryDN:dnSuperiorMatch:=uid=alice,ou=people,dc=example,dc=com)
(entryDN:distinguishedNameMatch:=uid=alice,ou=people,dc=example,dc=com)
(member:dnSubtreeMatch:=ou=people,dc=example,dc=com)
(member:dnOneLevelMatch:=ou=groups,dc=example,dc=com)
(member:dnSuperiorMatch:=cn=x,uid=carol,ou=people,dc=example,dc=com)
(hasSubordinates=TRUE)
(hasSubordinates=FALSE)
(hasSubordinates=true)
(!(hasSubordinates=true))
(!(hasSubordinates=TRUE))
(hasSubordinates=*)
(hasSubordinates=1)
(subschemaSubentry=cn=Subschema)
(subschemaSubentry=*)
(!(subschemaSubentry=cn=Subschema))
(memberOf=cn=admins,ou=groups,dc=example,dc=com)
(memberOf=*)
(sAMAccountName=windows)
(sAMAccountName=win*)
(!(sAMAccountName=windows))
(whenCreated=20200102030405.0Z)
(whenCreated>=20200102030405.0Z)
(userAccountControl=514)
(userAccountControl>=500)
(userAccountControl:1.2.840.113556.1.4.803:=2)
(userAccountControl:1.2.840.113556.1.4.803:=514)
(userAccountControl:1.2.840.113556.1.4.803:=3)
(userAccountControl:1.2.840.113556.1.4.804:=3)
(userAccountControl:1.2.840.113556.1.4.804:=5)
(userAccountControl:1.2.840.113556.1.4.803:=0)
(userAccountControl:1.2.840.113556.1.4.804:=0)
(userAccountControl:1.2.840.113556.1.4.803:=x)
(uidNumber:1.2.840.113556.1.4.803:=1000)
(uidNumber:1.2.840.113556.1.4.803:=8)
(uidNumber:1.2.840.113556.1.4.804:=7)
(gidNumber:1.2.840.113556.1.4.804:=1)
(!(gidNumber:1.2.840.113556.1.4.804:=1))
(cn:1.2.840.113556.1.4.803:=1)
(uidNumber:integerMatch:=1000)
(uidNumber:integerOrderingMatch:=1000)
(uidNumber:2.5.13.14:=1000)
(uidNumber:2.5.13.15:=1000)
(uidNumber:caseIgnoreMatch:=1000)
(uidNumber:1.2.3.4:=1000)
(!(uidNumber:1.2.3.4:=1000))
(cn:caseExactMatch:=Alice Adams)
(cn:caseExactMatch:=alice adams)
(cn:caseIgnoreMatch:=alice adams)
(cn:2.5.13.5:=Alice Adams)
(cn:2.5.13.2:=ALICE ADAMS)
(cn:CASEEXACTMATCH:=Alice Adams)
(cn:caseExactIA5Match:=Alice Adams)
(cn:caseIgnoreSubstringsMatch:=alice*)
(cn:caseExactSubstringsMatch:=Alice*)
(cn:caseIgnoreOrderingMatch:=b)
(cn:caseExactOrderingMatch:=B)
(mail:caseExactIA5Match:=alice@example.com)
(mail:caseExactIA5Match:=ALICE@example.com)
(sn:octetStringMatch:=Adams)
(userAccountControl:integerMatch:=514)
(sAMAccountName:caseIgnoreMatch:=WINDOWS)
(sAMAccountName:caseExactMatch:=WINDOWS)
(objectSid:octetStringMatch:=\01\05\00\00\00\00\00\05\15\00\00\00\01\00\00\00\02\00\00\00\03\00\00\00\f4\01\00\00)
(jpegPhoto:octetStringMatch:=\ff\d8\ff\e0picture)
(whenCreated:generalizedTimeMatch:=20200102030405Z)
(objectClass:objectIdentifierMatch:=person)
(:caseExactMatch:=Alice Adams)
(:caseIgnoreMatch:=alice adams)
(:caseIgnoreMatch:=nothing)
(:integerMatch:=1000)
(:distinguishedNameMatch:=uid=alice,ou=people,dc=example,dc=com)
(:caseIgnoreIA5Match:=ALICE@example.com)
(:octetStringMatch:=alice)
(:1.2.3.4:=x)
(!(:1.2.3.4:=x))
(:noSuchMatch:=x)
(cn:noSuchMatch:=x)
(!(cn:noSuchMatch:=x))
(foo:caseIgnoreMatch:=x)
(!(foo:caseIgnoreMatch:=x))
(cn:=alice adams)
(cn:=ALICE adams)
(foo:=x)
(jpegPhoto:=x)
(cn:dn:=alice adams)
(ou:dn:=people)
(ou:dn:=PEOPLE)
(ou:dn:caseExactMatch:=people)
(ou:dn:caseExactMatch:=PEOPLE)
(:dn:caseIgnoreMatch:=people)
(:dn:caseExactMatch:=people)
(:dn:2.5.13.2:=people)
(dc:dn:=example)
(uid:dn:=alice)
(!(ou:dn:=people))
(&(objectClass=person)(ou:dn:=people))
(&(objectClass=person)(!(ou:dn:=groups)))
(name:dn:=people)
(foo:dn:=people)
(member:1.2.840.113556.1.4.1941:=uid=carol,ou=people,dc=example,dc=com)
(aliasedObjectName=uid=alice,ou=people,dc=example,dc=com)
(ref=*)
(ref=ldap://other.example)
(dc=example)
(dc=EXAMPLE)
(o=example)
(c=us)
(serialNumber=42)
(cn=doe, j #1+"x")
(ipServicePort=443)
(x121Address=12345)
(x121Address=123 45)
(destinationIndicator=de)
(facsimileTelephoneNumber=*)
(facsimileTelephoneNumber=+1 555 0199$fineResolution)
(facsimileTelephoneNumber=+1 555 0199)
(audio=\00\01\02)
(audio=*)
(mailPreferenceOption=1)
(dITRedirect=cn=staff,ou=groups,dc=example,dc=com)
(dITRedirect=CN=Staff,ou=groups,dc=example,dc=com)
(manager=uid=bob,ou=people,dc=example,dc=com)
(manager=*)
(supportedControl=*)
(namingContexts=*)
(numSubordinates=0)
(vendorName=*)
(contextCSN=*)
(c n=x)
(cn =alice adams)
(!(c n=x))
(cn;binary=x)
(1.2.3.4=x)
(!(1.2.3.4=x))
(userCertificate=*)
(userCertificate;binary=*)
(userCertificate=x)
"""

NESTED = "(!" * 100 + "(uid=alice)" + ")" * 100
WIDE = "(|" + "".join(f"(uid=user{number})" for number in range(500)) + "(uid=bob))"


def hits(filter: str | bytes, *, base: str = "dc=example,dc=com", **keywords: object) -> object:
    """The DNs that a filter finds; referrals are entries here, or each row would show their references."""
    return search(base, filter, "1.1", controls=MANAGE, **keywords)


def _substrings(attribute: str, *parts: tuple[int, str]) -> bytes:
    return wire.sequence(wire.octets(attribute), wire.sequence(*(wire.octets(v, t) for t, v in parts)), tag=0xA4)


UNUSUAL: dict[str, bytes] = {
    "choice 10": wire.octets("x", 0x8A),
    "choice 11, constructed": wire.sequence(wire.octets("x"), tag=0xAB),
    "not of choice 10": wire.sequence(wire.octets("x", 0x8A), tag=0xA2),
    "or with choice 10": wire.sequence(wire.octets("x", 0x8A), wire.encode_filter("(uid=alice)"), tag=0xA1),
    "and with choice 10": wire.sequence(wire.octets("x", 0x8A), wire.encode_filter("(uid=alice)"), tag=0xA0),
    "substrings without parts": _substrings("cn"),
    "substrings of an unknown tag": _substrings("cn", (0x83, "a")),
    "substrings, final before any": _substrings("cn", (0x82, "s"), (0x81, "i")),
    "substrings, any before initial": _substrings("cn", (0x81, "i"), (0x80, "a")),
    "substrings, two initials": _substrings("cn", (0x80, "a"), (0x80, "a")),
    "substrings, two finals": _substrings("cn", (0x82, "s"), (0x82, "s")),
    "substrings, empty initial": _substrings("cn", (0x80, "")),
    "substrings, empty final": _substrings("cn", (0x82, "")),
    "not of substrings without parts": wire.sequence(_substrings("cn"), tag=0xA2),
    "presence of an empty name": wire.octets("", 0x87),
    "presence that is constructed": wire.sequence(wire.octets("cn"), tag=0xA7),
    "extensible with only a value": wire.sequence(wire.octets("x", 0x83), tag=0xA9),
    "extensible with empty rule": wire.sequence(wire.octets("", 0x81), wire.octets("cn", 0x82), wire.octets("bob brown", 0x83), tag=0xA9),
    "extensible with empty type": wire.sequence(wire.octets("caseIgnoreMatch", 0x81), wire.octets("", 0x82), wire.octets("bob brown", 0x83), tag=0xA9),
    "extensible, dnAttributes FALSE": wire.sequence(wire.octets("ou", 0x82), wire.octets("people", 0x83), wire.boolean(False, 0x84), tag=0xA9),
    "extensible, dnAttributes 1": wire.sequence(wire.octets("ou", 0x82), wire.octets("people", 0x83), wire.boolean(1, 0x84), tag=0xA9),
}

BROKEN: dict[str, bytes] = {
    "extensible, type before rule": wire.sequence(wire.octets("cn", 0x82), wire.octets("caseIgnoreMatch", 0x81), wire.octets("bob brown", 0x83), tag=0xA9),
    "extensible, value twice": wire.sequence(wire.octets("ou", 0x82), wire.octets("x", 0x83), wire.octets("people", 0x83), tag=0xA9),
    "substrings, empty any": _substrings("cn", (0x80, "a"), (0x81, ""), (0x82, "s")),
    "not of two": wire.sequence(wire.encode_filter("(uid=alice)"), wire.encode_filter("(uid=bob)"), tag=0xA2),
    "not of none": wire.sequence(tag=0xA2),
    "extensible without value": wire.sequence(wire.octets("cn", 0x82), tag=0xA9),
    "extensible of nothing": wire.sequence(tag=0xA9),
    "extensible of an unknown tag": wire.sequence(wire.octets("cn", 0x82), wire.octets("x", 0x85), tag=0xA9),
    "equality of one part": wire.sequence(wire.octets("cn"), tag=0xA3),
    "equality of three parts": wire.sequence(wire.octets("cn"), wire.octets("eve"), wire.octets("x"), tag=0xA3),
    "equality of nothing": wire.sequence(tag=0xA3),
    "equality that is primitive": wire.octets("cn=x", 0x83),
    "and that is cut off": b"\xa0\x05\xa3\x7f\x04",
    "no filter": b"",
}


def _raw(filter: bytes) -> bytes:
    return wire.message(1, wire.search_op("dc=example,dc=com", 2, 0, 0, 0, False, filter, ["1.1"]))


ROWS = [
    *(row(line, 0, hits(line)) for line in FILTERS.split("\n") if line),
    row("not 100 times", 0, hits(NESTED)),
    row("not 101 times", 0, hits(f"(!{NESTED})")),
    row("501 branches", 0, hits(WIDE)),
    row("password, as admin", 0, hits("(userPassword=alice-secret)"), by=ADMIN),
    row("password in another case, as admin", 0, hits("(userPassword=ALICE-secret)"), by=ADMIN),
    row("password presence, as admin", 0, hits("(userPassword=*)"), by=ADMIN),
    row("password presence, by oneself", 0, hits("(userPassword=*)"), by=ALICE),
    row("not password, by oneself", 0, hits("(!(userPassword=x))"), by=ALICE),
    row("password substring, as admin", 0, hits("(userPassword=alice*)"), by=ADMIN),
    row("password ordering, as admin", 0, hits("(userPassword>=alice)"), by=ADMIN),
    row("in one level", 0, hits("(objectClass=*)", base=PEOPLE, scope="one")),
    row("class in one level", 0, hits("(objectClass=person)", base=PEOPLE, scope="one")),
    row("in the subordinates", 0, hits("(objectClass=*)", base=GROUPS, scope="children")),
    *(row(name, 0, hits(octets)) for name, octets in UNUSUAL.items()),
    *(row(f"broken: {name}", None, raw(_raw(octets))) for name, octets in BROKEN.items()),
    row("added value is found", 0, hits("(pager=123)"), setup=[modify(ALICE, ("add", "pager", "123"))]),
    row("deleted value is not found", 0, hits("(mail=alice@example.com)"), setup=[modify(ALICE, ("delete", "mail", "alice@example.com"))]),
    row("replaced class is found", 0, hits("(objectClass=shadowAccount)"), setup=[modify(ALICE, ("add", "objectClass", "shadowAccount"))]),
    row("times", 0, hits("(createTimestamp>=20990101000000Z)"), hits("(createTimestamp<=20990101000000Z)")),
]
# found by random walks
ROWS += [
    row(f"walk: {text}", 0, hits(text))
    for text in (
        "(hasSubordinates:=TRUE)",
        "(hasSubordinates:booleanMatch:=TRUE)",
        "(!(hasSubordinates:=TRUE))",
        "(entryDN:=uid=alice,ou=people,dc=example,dc=com)",
        "(structuralObjectClass:dn:=person)",
        "(!(structuralObjectClass:dn:=person))",
        "(structuralObjectClass:=person)",
        "(!(structuralObjectClass:=person))",
        "(structuralObjectClass:=inetOrgPerson)",
        "(objectClass:=person)",
        "(objectClass:=inetOrgPerson)",
        "(!(objectClass:=person))",
        "(objectClass:dn:=person)",
        "(objectClass;lang-de=top)",
        "(!(objectClass;lang-de=top))",
        "(objectClass;lang-de=person)",
        "(objectClass;lang-de=*)",
        "(!(objectClass;lang-de=*))",
        "(structuralObjectClass=person)",
        "(!(structuralObjectClass=person))",
        "(!(ou:dn:caseExactMatch:=1))",
        "(!(sn:dnSubtreeMatch:=gamma))",
        "(!(&(ou:dn:caseExactMatch:=1)(sn:dnSubtreeMatch:=gamma)))",
        "(!(&(objectClass;lang-de=top)(sn:dnSubtreeMatch:=gamma)))",
        "(!(|(gidNumber=x)(:1.2.840.113556.1.4.804:=x)))",
        "(!(&(gidNumber=x)(entryDN;lang-en:dn:=cn=x)))",
        "(!(:1.2.840.113556.1.4.804:=x))",
        "(:1.2.840.113556.1.4.804:=1)",
        "(:1.2.840.113556.1.4.803:=x)",
        "(!(:integerMatch:=x))",
        "(!(:integerMatch:=1))",
        "(!(:caseExactMatch:=x))",
        "(!(:distinguishedNameMatch:=x))",
        "(!(cn:distinguishedNameMatch:=cn=x))",
        "(!(entryDN;lang-en=cn=x))",
        "(entryDN;lang-en=*)",
        "(!(entryDN;lang-en=*))",
    )
]
ROWS += [
    row(f"walk: {text}", 0, hits(text))
    for text in (
        "(:1.2.840.113556.1.4.803:=99999999999999999999)",
        "(!(:1.2.840.113556.1.4.803:=99999999999999999999))",
        "(uidNumber:1.2.840.113556.1.4.803:=99999999999999999999)",
        "(!(uidNumber:1.2.840.113556.1.4.803:=99999999999999999999))",
        "(!(uidNumber:1.2.840.113556.1.4.804:=9223372036854775808))",
        "(!(uidNumber:1.2.840.113556.1.4.804:=9223372036854775807))",
        "(!(userAccountControl:1.2.840.113556.1.4.803:=99999999999999999999))",
        "(uidNumber:1.2.840.113556.1.4.804:=-1)",
        "(uidNumber:1.2.840.113556.1.4.803:=-1)",
        "(uid;lang-en:dn:caseIgnoreMatch:=alice)",
        "(uid;lang-en:dn:=alice)",
        "(ou;lang-en:dn:=people)",
        "(!(ou;lang-en:dn:=people))",
        "(entryUUID:dn:=00000000-0000-0000-0000-000000000000)",
        "(!(entryUUID:dn:=00000000-0000-0000-0000-000000000000))",
        "(!(entryUUID:=00000000-0000-0000-0000-000000000000))",
        "(!(entryUUID:UUIDMatch:=00000000-0000-0000-0000-000000000000))",
        "(!(:UUIDMatch:=00000000-0000-0000-0000-000000000000))",
        "(!(:dn:UUIDMatch:=00000000-0000-0000-0000-000000000000))",
        "(!(:dn:integerMatch:=5))",
        "(!(uidNumber:dn:=5))",
        "(!(createTimestamp:dn:=20200101000000Z))",
        "(!(member:dn:=cn=x))",
        "(!(entryDN:dn:=cn=x))",
        "(!(jpegPhoto:dn:octetStringMatch:=x))",
        "(!(userPassword:dn:=x))",
        "(!(hasSubordinates:dn:=TRUE))",
    )
]
