"""Records exported as workbooks, Markdown, or a folder of web pages."""
