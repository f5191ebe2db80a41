"""Presentation of records: wording, excerpts, tables, citations, timelines, JSON, feeds."""
