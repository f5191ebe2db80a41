"""Plain text: tokens, the search form, word forms, office names, sentences, similarity."""
