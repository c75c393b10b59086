"""The constants of python-ldap, with the values that libldap 2.5 gives them.

``constants`` says which of them python-ldap declares, and under which condition of libldap's; ``ldap`` has them all.
"""

from typing import Final

# Versions, and the port that nobody names
API_VERSION: Final = 3001
VENDOR_VERSION: Final = 20513
PORT: Final = 389
VERSION1: Final = 1
VERSION2: Final = 2
VERSION3: Final = 3
VERSION_MIN: Final = 2
VERSION: Final = 2
VERSION_MAX: Final = 3

# BER tags of requests
TAG_MESSAGE: Final = 48
TAG_MSGID: Final = 2
REQ_BIND: Final = 96
REQ_UNBIND: Final = 66
REQ_SEARCH: Final = 99
REQ_MODIFY: Final = 102
REQ_ADD: Final = 104
REQ_DELETE: Final = 74
REQ_MODRDN: Final = 108
REQ_COMPARE: Final = 110
REQ_ABANDON: Final = 80
TAG_LDAPDN: Final = 4
TAG_LDAPCRED: Final = 4
TAG_CONTROLS: Final = 160
TAG_REFERRAL: Final = 163
REQ_EXTENDED: Final = 119
TAG_NEWSUPERIOR: Final = 128
TAG_EXOP_REQ_OID: Final = 128
TAG_EXOP_REQ_VALUE: Final = 129
TAG_EXOP_RES_OID: Final = 138
TAG_EXOP_RES_VALUE: Final = 139
TAG_SASL_RES_CREDS: Final = 135

# How sasl_interactive_bind asks
SASL_AUTOMATIC: Final = 0
SASL_INTERACTIVE: Final = 1
SASL_QUIET: Final = 2

# Types of results: the tags of responses
RES_BIND: Final = 97
RES_SEARCH_ENTRY: Final = 100
RES_SEARCH_RESULT: Final = 101
RES_MODIFY: Final = 103
RES_ADD: Final = 105
RES_DELETE: Final = 107
RES_MODRDN: Final = 109
RES_COMPARE: Final = 111
RES_ANY: Final = -1
RES_SEARCH_REFERENCE: Final = 115
RES_EXTENDED: Final = 120
RES_UNSOLICITED: Final = 0
RES_INTERMEDIATE: Final = 121

# Ways to bind
AUTH_NONE: Final = 0
AUTH_SIMPLE: Final = 128

# Search: scopes
SCOPE_BASE: Final = 0
SCOPE_ONELEVEL: Final = 1
SCOPE_SUBTREE: Final = 2
SCOPE_SUBORDINATE: Final = 3

# Operations of a modification
MOD_ADD: Final = 0
MOD_DELETE: Final = 1
MOD_REPLACE: Final = 2
MOD_INCREMENT: Final = 3
MOD_BVALUES: Final = 128

# What result() waits for
MSG_ONE: Final = 0
MSG_ALL: Final = 1
MSG_RECEIVED: Final = 2

# Search: what aliases are followed
DEREF_NEVER: Final = 0
DEREF_SEARCHING: Final = 1
DEREF_FINDING: Final = 2
DEREF_ALWAYS: Final = 3
NO_LIMIT: Final = 0

# Options of a connection
OPT_OFF: Final = 0
OPT_ON: Final = 1
OPT_API_INFO: Final = 0
OPT_DEREF: Final = 2
OPT_SIZELIMIT: Final = 3
OPT_TIMELIMIT: Final = 4
OPT_REFERRALS: Final = 8
OPT_RESULT_CODE: Final = 49
OPT_ERROR_NUMBER: Final = 49
OPT_RESTART: Final = 9
OPT_PROTOCOL_VERSION: Final = 17
OPT_SERVER_CONTROLS: Final = 18
OPT_CLIENT_CONTROLS: Final = 19
OPT_API_FEATURE_INFO: Final = 21
OPT_HOST_NAME: Final = 48
OPT_DESC: Final = 1
OPT_DIAGNOSTIC_MESSAGE: Final = 50
OPT_ERROR_STRING: Final = 50
OPT_MATCHED_DN: Final = 51
OPT_DEBUG_LEVEL: Final = 20481
OPT_TIMEOUT: Final = 20482
OPT_REFHOPLIMIT: Final = 20483
OPT_NETWORK_TIMEOUT: Final = 20485
OPT_TCP_USER_TIMEOUT: Final = 20501
OPT_URI: Final = 20486
OPT_DEFBASE: Final = 20489

# Options of TLS, and their values
OPT_X_TLS: Final = 24576
OPT_X_TLS_CTX: Final = 24577
OPT_X_TLS_CACERTFILE: Final = 24578
OPT_X_TLS_CACERTDIR: Final = 24579
OPT_X_TLS_CERTFILE: Final = 24580
OPT_X_TLS_KEYFILE: Final = 24581
OPT_X_TLS_REQUIRE_CERT: Final = 24582
OPT_X_TLS_CIPHER_SUITE: Final = 24584
OPT_X_TLS_RANDOM_FILE: Final = 24585
OPT_X_TLS_DHFILE: Final = 24590
OPT_X_TLS_NEVER: Final = 0
OPT_X_TLS_HARD: Final = 1
OPT_X_TLS_DEMAND: Final = 2
OPT_X_TLS_ALLOW: Final = 3
OPT_X_TLS_TRY: Final = 4
OPT_X_TLS_VERSION: Final = 24595
OPT_X_TLS_CIPHER: Final = 24596
OPT_X_TLS_PEERCERT: Final = 24597
OPT_X_TLS_CRLCHECK: Final = 24587
OPT_X_TLS_CRLFILE: Final = 24592
OPT_X_TLS_CRL_NONE: Final = 0
OPT_X_TLS_CRL_PEER: Final = 1
OPT_X_TLS_CRL_ALL: Final = 2
OPT_X_TLS_NEWCTX: Final = 24591
OPT_X_TLS_PROTOCOL_MIN: Final = 24583
OPT_X_TLS_PACKAGE: Final = 24593
OPT_X_TLS_ECNAME: Final = 24594
OPT_X_TLS_REQUIRE_SAN: Final = 24602
OPT_X_TLS_PROTOCOL_MAX: Final = 24603
OPT_X_TLS_PROTOCOL_SSL3: Final = 768
OPT_X_TLS_PROTOCOL_TLS1_0: Final = 769
OPT_X_TLS_PROTOCOL_TLS1_1: Final = 770
OPT_X_TLS_PROTOCOL_TLS1_2: Final = 771
OPT_X_TLS_PROTOCOL_TLS1_3: Final = 772

# Options of SASL and of the socket
OPT_X_SASL_MECH: Final = 24832
OPT_X_SASL_REALM: Final = 24833
OPT_X_SASL_AUTHCID: Final = 24834
OPT_X_SASL_AUTHZID: Final = 24835
OPT_X_SASL_SSF: Final = 24836
OPT_X_SASL_SSF_EXTERNAL: Final = 24837
OPT_X_SASL_SECPROPS: Final = 24838
OPT_X_SASL_SSF_MIN: Final = 24839
OPT_X_SASL_SSF_MAX: Final = 24840
OPT_X_SASL_NOCANON: Final = 24843
OPT_X_SASL_USERNAME: Final = 24844
OPT_CONNECT_ASYNC: Final = 20496
OPT_X_KEEPALIVE_IDLE: Final = 25344
OPT_X_KEEPALIVE_PROBES: Final = 25345
OPT_X_KEEPALIVE_INTERVAL: Final = 25346

# Flags of str2dn
DN_FORMAT_LDAP: Final = 0
DN_FORMAT_LDAPV3: Final = 16
DN_FORMAT_LDAPV2: Final = 32
DN_FORMAT_DCE: Final = 48
DN_FORMAT_UFN: Final = 64
DN_FORMAT_AD_CANONICAL: Final = 80
DN_FORMAT_MASK: Final = 240
DN_PRETTY: Final = 256
DN_SKIP: Final = 512
DN_P_NOLEADTRAILSPACES: Final = 4096
DN_P_NOSPACEAFTERRDN: Final = 8192
DN_PEDANTIC: Final = 61440

# What str2dn says of a value
AVA_NULL: Final = 0
AVA_STRING: Final = 1
AVA_BINARY: Final = 2
AVA_NONPRINTABLE: Final = 4

# What is left of old interfaces
OPT_SUCCESS: Final = 0
URL_ERR_BADSCOPE: Final = 8
URL_ERR_MEM: Final = 1

# What this library can do
SASL_AVAIL: Final = 1
TLS_AVAIL: Final = 1
INIT_FD_AVAIL: Final = 1

# OIDs of controls
CONTROL_MANAGEDSAIT: Final = "2.16.840.1.113730.3.4.2"
CONTROL_PROXY_AUTHZ: Final = "2.16.840.1.113730.3.4.18"
CONTROL_SUBENTRIES: Final = "1.3.6.1.4.1.4203.1.10.1"
CONTROL_VALUESRETURNFILTER: Final = "1.2.826.0.1.3344810.2.3"
CONTROL_ASSERT: Final = "1.3.6.1.1.12"
CONTROL_PRE_READ: Final = "1.3.6.1.1.13.1"
CONTROL_POST_READ: Final = "1.3.6.1.1.13.2"
CONTROL_SORTREQUEST: Final = "1.2.840.113556.1.4.473"
CONTROL_SORTRESPONSE: Final = "1.2.840.113556.1.4.474"
CONTROL_PAGEDRESULTS: Final = "1.2.840.113556.1.4.319"
CONTROL_SYNC: Final = "1.3.6.1.4.1.4203.1.9.1.1"
CONTROL_SYNC_STATE: Final = "1.3.6.1.4.1.4203.1.9.1.2"
CONTROL_SYNC_DONE: Final = "1.3.6.1.4.1.4203.1.9.1.3"
SYNC_INFO: Final = "1.3.6.1.4.1.4203.1.9.1.4"
CONTROL_PASSWORDPOLICYREQUEST: Final = "1.3.6.1.4.1.42.2.27.8.5.1"
CONTROL_PASSWORDPOLICYRESPONSE: Final = "1.3.6.1.4.1.42.2.27.8.5.1"
CONTROL_RELAX: Final = "1.3.6.1.4.1.4203.666.5.12"

LIBLDAP_R: Final = 1

LIBLDAP_API_INFO: dict[str, object] = {
    "info_version": 1,
    "api_version": API_VERSION,
    "protocol_version": VERSION3,
    "vendor_name": "OpenLDAP",
    "vendor_version": VENDOR_VERSION,
    "extensions": (
        "X_OPENLDAP",
        "THREAD_SAFE",
        "SESSION_THREAD_SAFE",
        "OPERATION_THREAD_SAFE",
        "X_OPENLDAP_REENTRANT",
        "X_OPENLDAP_THREAD_SAFE",
    ),
}
"""What ``get_option(OPT_API_INFO)`` says: code asks it for the library's version before it uses something."""

OPT_NAMES_DICT: dict[int, str] = {
    value: name for name, value in list(globals().items()) if name.startswith("OPT_") and isinstance(value, int)
}
"""An option's name by its number, for traces. Where several have one number it is the last."""
