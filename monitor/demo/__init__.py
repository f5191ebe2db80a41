"""The bundled stand-in for Parliament, its sample and a mail server, for `pqwatch demo` and the tests."""
