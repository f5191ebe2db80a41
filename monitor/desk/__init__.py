"""Work of a request, which the page, the API and the assistants' tools share: what it works with, and what is asked for."""
