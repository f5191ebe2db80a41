"""Sources: from the outside world to `Proceeding`, one module or package for each.

    http/                   requests: the polite client, posting to webhooks
    folders                 folders of files, on this machine or on a web server
    strict_json, json_fields   JSON within limits, and its records field by field
    markup, tables          mark-up to plain text
    hansard/                notation of the printed Official Report, and records made of it
    everything else         a source; its docstring names address, licence, oddities, and when it was checked last

Fetching and parsing are two steps. `parse` and `records` are pure functions of the bytes that were received, so that what is
kept can be parsed again. They raise ParseError for bytes that they can't understand.
"""
