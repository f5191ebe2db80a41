"""The digest: what goes in (`compose`), how it reads (`render`) and the message that carries it (`messages`)."""
