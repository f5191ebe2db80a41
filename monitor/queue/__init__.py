"""Shared work on PostgreSQL: what is due becomes jobs, and workers on any number of machines do them.

    dispatch    what the archive says is due becomes jobs (`pqwatch serve`)
    work        does one job with the stages of a run
    worker      takes jobs from the queue, one at a time (`pqwatch worker`)
    versions    refuses to work with another version of the program

A round of work:

    serve -> collect (one job a source) -> match -> compose (one job a reader) -> deliver (one job a message)
                                                                               -> conclude (alerts, tidying)

The archive says what is due, the queue only who does it. So each job may run twice or be lost: what it would have done is
still due, and `dispatch` finds it again.
"""
