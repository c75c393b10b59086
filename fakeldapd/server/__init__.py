"""The only home of Twisted and ldaptor: handlers served on sockets."""
