"""The schema that a server publishes (RFC 4512 section 4), as python-ldap has it: definitions and lookups among them.

The server's own schema is in ``fakeldapd.schema``; this one is for clients, lenient with what servers send.
"""

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401
from fakeldapd.ldap.schema import models, subentry, tokenizer  # noqa: F401
from fakeldapd.ldap.schema.models import (
    NOT_HUMAN_READABLE_LDAP_SYNTAXES,  # noqa: F401
    AttributeType,  # noqa: F401
    AttributeUsage,  # noqa: F401
    DITContentRule,  # noqa: F401
    DITStructureRule,  # noqa: F401
    Entry,  # noqa: F401
    LDAPSyntax,  # noqa: F401
    MatchingRule,  # noqa: F401
    MatchingRuleUse,  # noqa: F401
    NameForm,  # noqa: F401
    ObjectClass,  # noqa: F401
    SchemaElement,  # noqa: F401
)
from fakeldapd.ldap.schema.subentry import (
    SCHEMA_ATTR_MAPPING,  # noqa: F401
    SCHEMA_ATTRS,  # noqa: F401
    SCHEMA_CLASS_MAPPING,  # noqa: F401
    SubSchema,  # noqa: F401
    urlfetch,  # noqa: F401
)
from fakeldapd.ldap.schema.tokenizer import extract_tokens, split_tokens  # noqa: F401
