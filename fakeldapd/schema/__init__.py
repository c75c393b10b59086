"""What a value, an attribute and an entry may be (RFC 4512 section 4, RFC 4517, RFC 4518). Imports protocol and nothing above."""
