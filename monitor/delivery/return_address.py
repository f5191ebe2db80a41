"""Return address of each mail (VERP): the sender of its envelope, which names the mail and is signed.

A mail that comes back to it is known to be about a mail of ours, whatever its text says: no one else can make the
signature. It is made from the mail's Message-ID and recipient with a secret that the archive keeps.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER = re.compile(r"<([0-9a-f]{32})@[^>]+>")
_SIGNATURE_BYTES = 10
"""80 bits: 16 characters, so that the address stays below the 64 that its local part may have."""
_MOST = 20
"""Return addresses in one mail that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAddress:
    """Return addresses of a configuration. `pattern`: an address with "*" in place of number and signature."""

    pattern: str
    secret: str = field(repr=False)

    def of(self, message_id: str, recipient: str) -> str | None:
        """Return the address for a mail; None for a mail with a Message-ID that is not ours."""
        found = _NUMBER.fullmatch(message_id.strip())
        if found is None:
            return None
        return self.pattern.replace("*", f"{found[1]}-{self._sign(found[1], recipient)}")

    def found_in(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield number and signature of each such address in a text, each pair once."""
        before, _, after = self.pattern.partition("*")
        pairs = re.finditer(
            rf"(?<![\w.+-]){re.escape(before)}([0-9a-f]{{32}})-([a-z2-7]{{16}}){re.escape(after)}(?![\w-])",
            text,
            re.IGNORECASE,
        )
        seen: set[tuple[str, str]] = set()
        for pair in pairs:
            found = (pair[1].lower(), pair[2].lower())
            if found not in seen:
                seen.add(found)
                yield found
            if len(seen) >= _MOST:
                return

    def is_genuine(self, number: str, signature: str, recipient: str) -> bool:
        """Return whether we signed this number for this recipient."""
        return hmac.compare_digest(signature, self._sign(number, recipient))

    def _sign(self, number: str, recipient: str) -> str:
        text = f"{number}\n{recipient.lower()}".encode()
        digest = hmac.new(self.secret.encode(), text, hashlib.sha256).digest()
        return base64.b32encode(digest[:_SIGNATURE_BYTES]).decode("ascii").lower()
