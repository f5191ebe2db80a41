"""The rules of the House: the life of a question, the sitting calendar, identifiers, sources, references."""
