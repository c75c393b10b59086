"""The operations of RFC 4511 section 4, one file each: a request in, a stream of actions out."""
