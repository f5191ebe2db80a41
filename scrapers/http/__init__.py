"""Requests over HTTP: fetching, politely and within limits, and posting."""
