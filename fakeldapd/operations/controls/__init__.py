"""Request and response controls (RFC 4511 section 4.1.11), one file each; ``table`` has them by OID."""
