"""Stage 4, deliver: the send protocol over the outbox, and a mailer for each kind of delivery."""
