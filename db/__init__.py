"""The archive: from proceedings to rows and back. Only this package writes to the database."""
