"""The digest: what goes in (`compose`), how it reads (`render`) and the mail that carries it (`message`)."""
