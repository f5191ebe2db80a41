"""Tools for whoever writes watch terms: what they mean and find, how a new one would do, what is wrong with them."""
