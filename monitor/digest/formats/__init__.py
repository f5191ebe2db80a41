"""A digest as a message of each kind: email, chat, JSON, feed."""
