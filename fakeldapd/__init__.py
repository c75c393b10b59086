"""fakeldapd: a wire-protocol fake LDAP server that answers as OpenLDAP slapd does."""

__version__ = "0.1.0"
