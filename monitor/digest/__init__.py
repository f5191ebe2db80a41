"""The digest: what goes in, and how it reads."""
