"""pqwatch: what ministers answer in Parliament, watched, kept, and told in a digest that can be relied on.

One straight line; each step is a noun that the next one consumes::

    fetch -> parse -> store -> match -> digest -> deliver
    bytes    Proceeding  archive  Match   Digest   Delivery

Four stages act on it. Each is safe to repeat, and each step of a stage is one transaction::

    collect    for each window (a day of a House, by the day tabled, answered or corrected):
                   for each page of the source's list:
                       read the details of what is new or changed, for lists are cut short
                       parse each payload to a Proceeding
                       store it: a Revision where it differs from the one before; say what happened, and whether it is news
               for each file that is due (a day's debates, a volume, a feed): the same, record by record
    match      for each revision that some terms were not looked for in:
                   store each occurrence of a term as a Match
    compose    for each subscriber whose slot has no digest yet:
                   gather what is owed to him: news that matches his topics or that he follows, told in no digest of his
                   arrange and render it; store the digest, what it tells, and the finished mail, together
    deliver    for each mail in the outbox that is due:
                   claim it, hand it over, note each step before the next one

`model` has the nouns, `story` says what changed, `terms` finds words, `digest` writes, `pipeline` calls the stages in order,
`app` puts it all together. The core knows no network, no database and no mail server: `scrapers`, `db` and `delivery` do.
"""
