"""Shared work on PostgreSQL: what is due becomes jobs, and workers on any number of machines do them.

    dispatch    what the archive says is due becomes jobs (`pqwatch serve`)
    work        does one job with the stages of a run
    sources     reads a source, whole or in parts
    mailing     sends a message, over connections that stay open from job to job
    put_off     a job that can't be done yet
    worker      takes jobs from the queue, one at a time (`pqwatch worker`)
    versions    refuses to work with another version of the program
    clock       the database's clock, by which all machines go

A round of work:

    serve -> collect (one job a source) -> match -> compose (one job a reader) -> deliver (one job a message)
                                                                               -> conclude (alerts, tidying)

Where there is much to read or to match, `collect` makes jobs of parts (`collect_part`) and `match` of ranges
(`match_range`), and the next step waits for all of them.

The archive says what is due, the queue only who does it. So each job may run twice or be lost: what it would have done is
still due, and `dispatch` finds it again.
"""
