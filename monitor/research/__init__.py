"""What texts have in common, and what can be said of a text by rule: pure, and shared by the archive and the digest."""
