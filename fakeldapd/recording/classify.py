"""What attributes of directories everywhere hold, as far as that decides what may be shown of their values.

Secrets are never shown. Of the rest, what isn't known to be harmless isn't taken for it.
"""

import re
from functools import cache

from fakeldapd.middleware.secrets import is_secret
from fakeldapd.schema.registry import Schema, SchemaCheck


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SECRETS = _words(
    "clearpassword dbcspwd goipasswordhash googleauthenticator ipanthash krbextradata krbmkey lmhash "
    "lmpwdhistory ms-mcs-admpwd msds-managedpassword mslaps-encryptedpassword nthash ntpwdhistory oathsecret "
    "olcdbaclbind olcdbidassertbind olcrootpw olcsyncrepl sambapasswordhistory supplementalcredentials "
    "unicodepwd"
)
_SECRET_NAME = re.compile("password|passwd|secret|credential|privatekey")
_HASH = re.compile(rb"\{[A-Za-z][A-Za-z0-9._/-]{1,23}\}\S{6,}|\$[0-9A-Za-z-]{1,16}\$\S{6,}")

NAMES = _words(
    "cn commonname sn surname givenname gn displayname name initials gecos uid userid memberuid samaccountname "
    "userprincipalname krbprincipalname krbcanonicalname mail rfc822mailbox mailnickname proxyaddresses "
    "uniqueidentifier generationqualifier personaltitle associatedname email emailaddress nickname"
)
"""Attributes that say who somebody is: what is in them isn't shown anywhere else, either."""

TREE = _words("dc domaincomponent o organizationname ou organizationalunitname c countryname")
"""What trees are made of: kept, since applications are configured with it."""

PHONES = _words(
    "telephonenumber homephone hometelephonenumber mobile mobiletelephonenumber pager pagertelephonenumber fax "
    "facsimiletelephonenumber othertelephone othermobile otherhomephone otherfacsimiletelephonenumber ipphone "
    "otheripphone otherpager internationalisdnnumber telexnumber x121address"
)

_HARMLESS = _words(
    "objectclass structuralobjectclass loginshell preferredlanguage vendorname vendorversion "
    "supportedsaslmechanisms supportedldapversion supportedcontrol supportedextension supportedfeatures "
    "supportedcapabilities supportedldappolicies attributetypes objectclasses ldapsyntaxes matchingrules "
    "matchingruleuse entryuuid entrycsn contextcsn objectguid useraccountcontrol grouptype samaccounttype "
    "pwdlastset accountexpires badpwdcount badpasswordtime logoncount lastlogon lastlogontimestamp lastlogoff "
    "whencreated whenchanged instancetype primarygroupid systemflags usnchanged usncreated admincount "
    "lockouttime uidnumber gidnumber shadowlastchange shadowmin shadowmax shadowwarning shadowinactive "
    "shadowexpire shadowflag"
)
_HARMLESS_SYNTAXES = frozenset(
    [f"1.3.6.1.4.1.1466.115.121.1.{number}" for number in (3, 7, 16, 17, 24, 27, 30, 31, 35, 37, 38, 53, 54)]
    + ["1.3.6.1.1.16.1", "1.3.6.1.4.1.4203.666.11.2.1"]
)
"""Descriptions, booleans, integers, times, OIDs, UUIDs, CSNs (RFC 4517 section 3.3, RFC 4530)."""
_DN_SYNTAX = "1.3.6.1.4.1.1466.115.121.1.12"
_PHONE_SYNTAXES = frozenset(f"1.3.6.1.4.1.1466.115.121.1.{number}" for number in (22, 50, 52))

ORDINARY = _words(
    "account accounts admin administrator administrators admins all anonymous app application apps bin builtin "
    "computer computers department departments employee employees everyone group groups guest guests home "
    "local manager managers member members operator operators organization people person policies policy "
    "printer printers readers reader role roles root service services staff system team teams the of and test "
    "unit units user users var writer writers"
)
"""Words that are nobody's name: they stay."""


@cache
def _schema() -> Schema:
    return Schema.load(check=SchemaCheck.LENIENT)


def base_name(description: bytes) -> str:
    """The attribute type of a description, in lower case, without options."""
    return description.partition(b";")[0].decode(errors="surrogateescape").strip().lower()


def hides(description: bytes) -> bool:
    """Whether an attribute's values are secrets, whatever they are."""
    name = base_name(description)
    return is_secret(description) or name in _SECRETS or _SECRET_NAME.search(name) is not None


def looks_hashed(value: bytes) -> bool:
    """Whether a value looks like a hashed password, wherever it stands."""
    return _HASH.fullmatch(value) is not None


@cache
def kind(name: str) -> str:
    """What to do with values of an attribute type: "harmless", "tree", "phone", "name", "dn", or "text" for others."""
    if name in _HARMLESS:
        return "harmless"
    if name in TREE:
        return "tree"
    if name in PHONES:
        return "phone"
    if name in NAMES:
        return "name"
    found = _schema().find(name.encode(errors="surrogateescape"))
    if found is None or found.type.implicit:
        return "text"
    names = {each.lower() for each in found.type.names}
    for known, said in ((_HARMLESS, "harmless"), (TREE, "tree"), (PHONES, "phone"), (NAMES, "name")):
        if names & known:
            return said
    if found.type.syntax.oid in _HARMLESS_SYNTAXES:
        return "harmless"
    if found.type.syntax.oid == _DN_SYNTAX:
        return "dn"
    return "phone" if found.type.syntax.oid in _PHONE_SYNTAXES else "text"
