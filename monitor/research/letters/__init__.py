"""Letters to ministers: drafted from records with their references, written in three formats, and given back with comments.

address      who it is to, and how they are addressed
passages     which words of a record are quoted
leads        sentences around a quotation: who asked and when, who answered, when a promise is due
drafting     the letter as a value, which a command and a page show alike
layout       its paragraphs in order; markdown, html and word write these
parts        the same as a JSON object, which is also what a reader's own template (templates) gets
annotating   a letter that was checked, with the findings as comments
"""
