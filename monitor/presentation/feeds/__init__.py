"""Records as entries of a feed, and feeds as Atom and as JSON Feed."""
