"""The archive for assistants, over the Model Context Protocol: a face that prints what others say, and never decides."""
