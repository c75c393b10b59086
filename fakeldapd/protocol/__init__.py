"""The LDAP protocol as a library without sockets (RFC 4511, 4515, 4516). It imports nothing else of fakeldapd."""
