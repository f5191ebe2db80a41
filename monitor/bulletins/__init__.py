"""A digest as it goes by other ways than mail: to Slack, to Teams, as plain JSON, into the feed of a topic. Pure."""
