"""Written questions and written statements of both Houses, from one API."""
