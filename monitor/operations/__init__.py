"""Operations: checks of a set-up, alerts by email, the status file, signals."""
