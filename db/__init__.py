"""From proceedings to rows and back: the archive. Only this package writes to the database."""
