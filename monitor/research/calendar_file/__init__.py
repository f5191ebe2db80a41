"""Due days, promises, recesses and days of sittings, as a calendar that Outlook, Google and Apple read."""
