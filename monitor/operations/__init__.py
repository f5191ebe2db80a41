"""For operators: checks of a set-up, alerts by email, signals."""
