"""Files: what a message says of one, what the homeserver answers, what the bytes are."""
