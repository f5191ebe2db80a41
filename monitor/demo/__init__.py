"""The bundled stand-in for Parliament, its sample and a mail server: what `pqwatch demo` and the tests run against."""
