"""Handing mails over: the send protocol, and its carriers."""
