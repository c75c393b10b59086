"""What python-ldap says of itself: the version whose API this package has."""

__version__ = "3.4.8"
__author__ = "python-ldap project"
__license__ = "Python style"
