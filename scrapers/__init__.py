"""From the outside world to proceedings: one module a source, one polite client."""
