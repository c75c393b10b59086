"""The directory information tree and what is true of its entries (RFC 4512).

Imports protocol and schema, not what is above.
"""
