"""How a record is shown to a person: wording, excerpts, tables, citations, timelines, JSON, feeds."""
