"""What a value, an attribute and an entry may be (RFC 4512, 4517, 4518). Imports protocol and nothing above."""
