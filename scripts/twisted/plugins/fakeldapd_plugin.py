"""``twist fakeldapd``: Twisted finds its plugins by the files in this folder of an installed wheel."""

from twisted.application.service import ServiceMaker

fakeldapd = ServiceMaker(
    "fakeldapd", "fakeldapd.commands.twist", "A fake LDAP server that answers as slapd", "fakeldapd"
)
