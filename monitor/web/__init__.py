"""The page: pqwatch in a browser, and for programs. It shows what the functions below it say, and never decides."""
