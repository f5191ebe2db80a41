"""Work of a request that the page, the API and the tools for assistants share: configuration, archive and searches."""
