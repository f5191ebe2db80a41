"""Parliament's What's On service: the calendar of sittings, and the business of each day."""
