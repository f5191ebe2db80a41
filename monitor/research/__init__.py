"""Research in the archive: related records, suggestions, quotations, statistics, export, tools for terms."""
