"""Feeds: records as entries that a feed reader shows, and feeds as Atom and as JSON Feed. Pure: values in, bytes out."""
