"""Records given away: as workbooks, as Markdown, as a folder of pages. What is written is whole, or as it was before."""
