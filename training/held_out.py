"""Which pictures are held out: kept from the training, so that they show how well it understands new ones."""

import math
import sqlite3
from typing import Any

HELD_OUT_SHARE = 0.1
FEWEST_PICTURES = 8  # to learn from


def is_held_out(sha256: str) -> bool:
    """Whether a picture with this content is held out: the same in every project and every import."""
    return int(sha256[:8], 16) < HELD_OUT_SHARE * 2**32


def hold_some_out(index: sqlite3.Connection) -> None:
    """Whatever was added or left out: copies are held out together, and one picture at least is."""
    _hold_out_copies(index)
    _hold_out_at_least_one(index)


def _hold_out_copies(index: sqlite3.Connection) -> None:
    """A picture held out for want of another is not known by its hash; its later copies go with it."""
    first_not_by_hash = f"{math.ceil(HELD_OUT_SHARE * 2**32):08x}"
    index.execute(
        "UPDATE pictures SET held_out = 1 WHERE status = 'used' AND held_out = 0"
        # With the sign, SQLite looks at every row once instead of at nine tenths of them by an index.
        " AND sha256 IN (SELECT sha256 FROM pictures WHERE held_out = 1 AND +sha256 >= ?)",
        (first_not_by_hash,),
    )


def _hold_out_at_least_one(index: sqlite3.Connection) -> None:
    """Without a held-out picture nobody sees overfitting; a small set may have none by its hashes."""

    def one(query: str) -> Any:
        found = index.execute(f"{query} LIMIT 1").fetchone()
        return None if found is None else found[0]

    used = "FROM pictures WHERE status = 'used'"
    if one(f"SELECT 1 {used} AND held_out = 1") or one(f"SELECT COUNT(*) {used}") < FEWEST_PICTURES:
        return
    smallest, largest = (one(f"SELECT sha256 {used} ORDER BY sha256 {way}") for way in ("ASC", "DESC"))
    if smallest != largest:
        index.execute("UPDATE pictures SET held_out = 1 WHERE status = 'used' AND sha256 = ?", (smallest,))
