"""Conversations between clients and a server of somebody else's: overheard, made fit for others' eyes, written down."""
