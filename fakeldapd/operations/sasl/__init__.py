"""SASL (RFC 4422, RFC 4513 section 5.2): one file for each mechanism, ``table`` has them by name.

``exchange`` says what a mechanism is, ``bind`` runs one for a Bind, ``applicant`` is who a client says it is, ``names``
turns SASL names into DNs, ``authorization`` says who may become somebody else. What is answered to whom follows slapd
with Cyrus SASL, down to the texts. Security layers aren't offered: qop is auth, and nothing else.
"""
